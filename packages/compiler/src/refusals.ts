/**
 * The words of each refusal: what the closure does, why it cannot, and what to write instead.
 */
import type { Refusal, Span } from './errors.ts'
import type { Node } from './syntax.ts'

const span = ({ start, end }: Node, label: string): Span => ({ start, end, label })

export const borrowed = (root: Node, use: Node, declaration: Node): Refusal => ({
  code: 'F0373',
  message: `closure may outlive the current function, but it borrows \`${use.name}\`, which is owned by the current function`,
  at: span(root, root === use ? `\`${use.name}\` is borrowed here` : `\`${root.name}\` borrows \`${use.name}\``),
  note: span(declaration, `\`${use.name}\` is declared here`),
  help: `to give the thread ownership of \`${use.name}\` (and of everything else it uses), wrap the closure: \`move(() => ...)\``,
})

export const surroundings = (at: Node, word: string, closure: boolean): Refusal => ({
  code: 'FL1001',
  message: `a thread closure cannot use the \`${word}\` of the function around it`,
  at: span(at, `\`${word}\` stays behind with its function`),
  help:
    word === 'this'
      ? 'take what is needed into a local first: `const { name } = this`, and use `name` in the closure'
      : word === 'arguments'
        ? 'name the parameters: `(...args) =>`, and use `args`'
        : `call it outside ${closure ? 'the closure' : 'of what the closure uses'} and use the result inside`,
})

export const generator = (at: Node): Refusal => ({
  code: 'FL1002',
  message: 'a generator cannot be a thread closure',
  at: span(at, 'nobody in the thread would ask it for its values'),
  help: 'make it a plain function that sends its values through a channel: `const [tx, rx] = mpsc.channel()`',
})

export const assignment = (at: Node, declaration: Node): Refusal => ({
  code: 'FL1003',
  message: `a thread closure cannot assign to \`${at.name}\`, a variable it captures`,
  at: span(at, "this would change only the thread's own copy"),
  note: span(declaration, `\`${at.name}\` is declared here`),
  help: 'return the new value and use what `join()` gives; or share it: `new Arc(new Mutex(...))`, or an atomic',
})

export const reassigned = (at: Node, by: Node): Refusal => ({
  code: 'FL1004',
  message: `a thread cannot read \`${at.name}\`, a module variable that is assigned to again`,
  at: span(at, 'each thread would silently have its own'),
  note: span(by, 'it is assigned to here'),
  help:
    `take its present value into a \`const\` before the spawn and use that; or share it: \`const ${at.name} = new Arc(new Mutex(...))\`;` +
    ' or give each thread its own: `threadLocal(() => ...)`',
})

export const mutated = (at: Node, by: Node, byModule: boolean): Refusal => ({
  code: 'FL1005',
  message: `a thread cannot use \`${at.name}\`, a module object that is changed`,
  at: span(at, 'each thread would silently have its own'),
  note: span(by, 'it is changed here'),
  help: byModule
    ? 'send it as it is at spawn: wrap the closure in `move(() => ...)`'
    : `share it: \`new Arc(new Mutex(...))\`; or give each thread its own: \`const ${at.name} = threadLocal(() => ...)\``,
})

export const namespace = (at: Node, declaration: Node): Refusal => ({
  code: 'FL1006',
  message: `a thread closure cannot use \`${at.name}\`, a namespace`,
  at: span(at, 'its body would run again in the thread'),
  note: span(declaration, 'the namespace is declared here'),
  help: 'make it a module of its own and import that, or use plain functions and constants',
})

export const runningClass = (at: Node, code: Node): Refusal => ({
  code: 'FL1007',
  message: `a thread closure cannot use \`${at.name}\`, a class that runs code where it is declared`,
  at: span(at, 'copying the class would run that code again'),
  note: span(code, 'this runs with the declaration'),
  help: 'move the class into a module of its own and import it: a thread evaluates an import once',
})

export const twoOfOneName = (at: Node, other: Node | undefined): Refusal => ({
  code: 'FL1008',
  message: `the closure needs two different variables named \`${at.name}\``,
  at: span(at, 'this is one of them'),
  ...(other && { note: span(other, 'this is the other') }),
  help: 'rename one of them',
})

export const method = (at: Node): Refusal => ({
  code: 'FL1009',
  message: 'a method cannot be a thread closure: its object would stay behind',
  at: span(at, 'only the function would cross, without its `this`'),
  help: 'call it inside a closure: `() => object.method()`',
})

export const directEval = (at: Node): Refusal => ({
  code: 'FL1010',
  message: 'a thread closure cannot use direct `eval`',
  at: span(at, 'what it refers to cannot be known'),
  help: 'call it indirectly, so that it sees globals only: `globalThis.eval(...)`',
})

export const notLiteral = (at: Node): Refusal => ({
  code: 'FL1011',
  message: 'a thread closure must be written at the call, or be the name of a function',
  at: span(at, 'which function this is cannot be known'),
  help: 'write the choice inside: `() => condition ? f() : g()`; or mark the function where it is made: `closure(() => ...)`',
})

export const programEntry = (at: Node): Refusal => ({
  code: 'FL2001',
  message: "a thread closure cannot import the program's entry: the whole program would run again in the thread",
  at: span(at, 'this is the file the program was started with'),
  help: 'move what the closure needs into a file of its own and import it from both',
})
