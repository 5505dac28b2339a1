/**
 * The words of each refusal: what the closure does, why it cannot, and what to write instead.
 */
import type { Refusal } from './errors.ts'
import type { Label } from './frame.ts'
import { isFunctionLiteral, type Node } from '../syntax/syntax.ts'

/** A mark with its text. Of a declared name, the name alone is marked, not its type. */
export function label(at: { start: number; end: number; type?: string; name?: string }, text: string): Label {
  const { start, end, type, name } = at
  return { start, end: type === 'Identifier' && name !== undefined ? start + name.length : end, label: text }
}

/** Another place, unless it is the same. */
const elsewhere = (at: Node, other: Node | undefined, text: string): Label[] =>
  other === undefined || other.start === at.start ? [] : [label(other, text)]

/** A name of the surroundings that a closure uses: the first place, and the declaration. */
export interface Borrowed {
  readonly name: string
  readonly use: Node
  readonly declaration: Node
}

/** One `move` answers for all that a closure borrows; `head` is where the closure begins. */
export function borrowed(closure: Node, head: { start: number; end: number }, all: readonly Borrowed[]): Refusal {
  const [{ name, use, declaration }, ...others] = all
  const shape = isFunctionLiteral(closure) ? `${closure.async ? 'async ' : ''}() => ...` : '...'
  return {
    code: 'F0373',
    message: `closure may outlive the current function, but it borrows \`${name}\`, which is owned by the current function`,
    at: label(head, `may outlive borrowed value \`${name}\``),
    also: [label(use, `\`${name}\` is borrowed here`), label(declaration, `\`${name}\` is declared here`)],
    ...(others.length > 0 && {
      notes: [`it borrows ${others.map(other => `\`${other.name}\``).join(', ')} as well`],
    }),
    help: `to give the thread ownership of \`${name}\`${others.length > 0 ? ' and of everything else it uses' : ''}, wrap the closure: \`move(${shape})\``,
  }
}

/** The arrow and the parameters of a closure, or its name: what is marked when all of it is meant. */
export function headOf(source: string, closure: Node): { start: number; end: number } {
  if (!isFunctionLiteral(closure)) return closure
  const head = source.slice(closure.start, closure.body.start).trimEnd()
  return { start: closure.start, end: closure.start + head.length }
}

export const surroundings = (at: Node, word: string, closure: boolean): Refusal => ({
  code: 'F1007',
  message: `a thread closure cannot use the \`${word}\` of the function around it`,
  at: label(at, `\`${word}\` stays behind with its function`),
  also: [],
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
  at: label(at, 'nobody in the thread would ask it for its values'),
  also: [],
  help: 'make it a plain function that sends its values through a channel: `const [tx, rx] = mpsc.channel()`',
})

export const assignment = (at: Node, declaration: Node): Refusal => ({
  code: 'F0594',
  message: `cannot assign to \`${at.name}\` inside a thread closure: only this thread's copy would change`,
  at: label(at, "this would change only the thread's own copy"),
  also: elsewhere(at, declaration, `\`${at.name}\` is declared here`),
  help: 'return the new value and use what `join()` gives; or share it: `new Arc(new Mutex(...))`, or an atomic',
})

export const reassigned = (at: Node, by: Node): Refusal => ({
  code: 'F1006',
  message: `a thread cannot read \`${at.name}\`, a module variable that is assigned to again`,
  at: label(at, 'each thread would silently have its own'),
  also: elsewhere(at, by, 'it is assigned to here'),
  help:
    `take its present value into a \`const\` before the spawn and use that; or share it: \`const ${at.name} = new Arc(new Mutex(...))\`;` +
    ' or give each thread its own: `threadLocal(() => ...)`',
})

export const mutated = (at: Node, by: Node, byModule: boolean): Refusal => ({
  code: 'F1006',
  message: `a thread cannot use \`${at.name}\`, a module object that is changed`,
  at: label(at, 'each thread would silently have its own'),
  also: elsewhere(at, by, 'it is changed here'),
  help: byModule
    ? 'send it as it is at spawn: wrap the closure in `move(() => ...)`'
    : `share it: \`new Arc(new Mutex(...))\`; or give each thread its own: \`const ${at.name} = threadLocal(() => ...)\``,
})

export const namespace = (at: Node, declaration: Node): Refusal => ({
  code: 'FL1006',
  message: `a thread closure cannot use \`${at.name}\`, a namespace`,
  at: label(at, 'its body would run again in the thread'),
  also: elsewhere(at, declaration, 'the namespace is declared here'),
  help: 'make it a module of its own and import that, or use plain functions and constants',
})

export const runningClass = (at: Node, code: Node): Refusal => ({
  code: 'FL1007',
  message: `a thread closure cannot use \`${at.name}\`, a class that runs code where it is declared`,
  at: label(at, 'copying the class would run that code again'),
  also: elsewhere(at, code, 'this runs with the declaration'),
  help: 'move the class into a module of its own and import it: a thread evaluates an import once',
})

export const twoOfOneName = (at: Node, other: Node | undefined): Refusal => ({
  code: 'FL1008',
  message: `the closure needs two different variables named \`${at.name}\``,
  at: label(at, 'this is one of them'),
  also: elsewhere(at, other, 'this is the other'),
  help: 'rename one of them',
})

export const method = (at: Node): Refusal => ({
  code: 'FL1009',
  message: 'a method cannot be a thread closure: its object would stay behind',
  at: label(at, 'only the function would cross, without its `this`'),
  also: [],
  help: 'call it inside a closure: `() => object.method()`',
})

export const directEval = (at: Node): Refusal => ({
  code: 'FL1010',
  message: 'a thread closure cannot use direct `eval`',
  at: label(at, 'what it refers to cannot be known'),
  also: [],
  help: 'call it indirectly, so that it sees globals only: `globalThis.eval(...)`',
})

export const notLiteral = (at: Node): Refusal => ({
  code: 'FL1011',
  message: 'a thread closure must be written at the call, or be the name of a function',
  at: label(at, 'which function this is cannot be known'),
  also: [],
  help: 'write the choice inside: `() => condition ? f() : g()`; or mark the function where it is made: `closure(() => ...)`',
})

export const programEntry = (at: Node): Refusal => ({
  code: 'FL2001',
  message: "a thread closure cannot import the program's entry: the whole program would run again in the thread",
  at: label(at, 'this is the file the program was started with'),
  also: [],
  help: 'move what the closure needs into a file of its own and import it from both',
})

export const pageOnly = (at: Node, taker: Node | undefined, direct: boolean): Refusal => ({
  code: 'F1009',
  message: `\`${at.name}\` does not exist in a thread`,
  at: label(at, 'only the main thread of a page has it'),
  also: elsewhere(
    at,
    taker,
    direct ? 'this runs the closure in another thread' : 'this runs a closure in another thread that leads here',
  ),
  help: 'read what is needed before the thread starts, and let the closure take that along',
})

/** `at` is where the file passes the limit. */
export const nestedTooDeeply = (at: number): Refusal => ({
  code: 'FL1012',
  message: 'this file is nested too deeply to be compiled, and it uses fearless',
  at: { start: at, end: at, label: 'the limit is passed here' },
  also: [],
  help: 'move the code that is nested so deeply to a file of its own; or split it into several statements',
})
