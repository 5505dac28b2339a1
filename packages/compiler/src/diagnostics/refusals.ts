/** The messages of each refusal: the problem, the reason, and the repair. */
import type { Refusal } from './errors.ts'
import type { Label } from './frame.ts'
import { isFunctionLiteral, type Node } from '../syntax/syntax.ts'

/** Returns a mark with its text. For a declared name, only the name is marked, not its type. */
export function label(at: { start: number; end: number; type?: string; name?: string }, text: string): Label {
  const { start, end, type, name } = at
  return { start, end: type === 'Identifier' && name !== undefined ? start + name.length : end, label: text }
}

/** Returns another position as a label, unless it is the same. */
const elsewhere = (at: Node, other: Node | undefined, text: string): Label[] =>
  other === undefined || other.start === at.start ? [] : [label(other, text)]

/** A name from outside that a closure uses: its first use, and its declaration. */
export interface Borrowed {
  readonly name: string
  readonly use: Node
  readonly declaration: Node
}

/** One `move` repairs all borrows of a closure. `head` is the start of the closure. */
export function borrowed(closure: Node, head: { start: number; end: number }, all: readonly Borrowed[]): Refusal {
  const [{ name, use, declaration }, ...others] = all
  const shape = isFunctionLiteral(closure) ? `${closure.async ? 'async ' : ''}() => ...` : '...'
  return {
    code: 'F0373',
    message: `closure may outlive the current function, but it borrows \`${name}\`, which is owned by the current function`,
    at: label(head, `may outlive borrowed value \`${name}\``),
    also: [label(use, `\`${name}\` is borrowed here`), label(declaration, `\`${name}\` is declared here`)],
    ...(others.length > 0 && {
      notes: [`it also borrows ${others.map(other => `\`${other.name}\``).join(', ')}`],
    }),
    help: `to give the thread ownership of \`${name}\`${others.length > 0 ? ' and of everything else it uses' : ''}, wrap the closure: \`move(${shape})\``,
  }
}

/** Returns the range to mark for a whole closure: its parameters and arrow, or its name. */
export function headOf(source: string, closure: Node): { start: number; end: number } {
  if (!isFunctionLiteral(closure)) return closure
  const head = source.slice(closure.start, closure.body.start).trimEnd()
  return { start: closure.start, end: closure.start + head.length }
}

export const enclosingFunctionWord = (at: Node, word: string, closure: boolean): Refusal => ({
  code: 'F1007',
  message: `a thread closure cannot use the \`${word}\` of the function around it`,
  at: label(at, `\`${word}\` belongs to its function and is not sent to the thread`),
  also: [],
  help:
    word === 'this'
      ? 'copy the fields it needs to local constants first: `const { name } = this`, and use `name` in the closure'
      : word === 'arguments'
        ? 'name the parameters: `(...args) =>`, and use `args`'
        : `call it outside ${closure ? 'the closure' : 'of the code that the closure uses'} and use the result inside`,
})

export const generator = (at: Node): Refusal => ({
  code: 'FL1002',
  message: 'a generator cannot be a thread closure',
  at: label(at, 'no code in the thread would iterate it'),
  also: [],
  help: 'write a plain function that sends its values through a channel: `const [tx, rx] = mpsc.channel()`',
})

export const assignment = (at: Node, declaration: Node): Refusal => ({
  code: 'F0594',
  message: `cannot assign to \`${at.name}\` inside a thread closure: only this thread's copy would change`,
  at: label(at, "this would change only the thread's own copy"),
  also: elsewhere(at, declaration, `\`${at.name}\` is declared here`),
  help: 'return the new value and use the result of `join()`; or share it: `new Arc(new Mutex(...))`, or an atomic',
})

export const reassigned = (at: Node, by: Node): Refusal => ({
  code: 'F1006',
  message: `a thread cannot read \`${at.name}\`, a module variable that is assigned to again`,
  at: label(at, 'each thread would silently have its own copy'),
  also: elsewhere(at, by, 'it is assigned to here'),
  help:
    `copy its current value to a \`const\` before the spawn and use that; or share it: \`const ${at.name} = new Arc(new Mutex(...))\`;` +
    ' or give each thread its own: `threadLocal(() => ...)`',
})

export const mutated = (at: Node, by: Node, byModule: boolean): Refusal => ({
  code: 'F1006',
  message: `a thread cannot use \`${at.name}\`, a module object that is changed`,
  at: label(at, 'each thread would silently have its own copy'),
  also: elsewhere(at, by, 'it is changed here'),
  help: byModule
    ? 'send its value at the time of the spawn: wrap the closure in `move(() => ...)`'
    : `share it: \`new Arc(new Mutex(...))\`; or give each thread its own: \`const ${at.name} = threadLocal(() => ...)\``,
})

export const namespace = (at: Node, declaration: Node): Refusal => ({
  code: 'FL1006',
  message: `a thread closure cannot use \`${at.name}\`, a namespace`,
  at: label(at, 'its body would run again in the thread'),
  also: elsewhere(at, declaration, 'the namespace is declared here'),
  help: 'move it to a separate module and import that, or use plain functions and constants',
})

export const runningClass = (at: Node, code: Node): Refusal => ({
  code: 'FL1007',
  message: `a thread closure cannot use \`${at.name}\`, a class that runs code where it is declared`,
  at: label(at, 'copying the class would run that code again'),
  also: elsewhere(at, code, 'this runs with the declaration'),
  help: 'move the class to a separate module and import it: a thread evaluates an import once',
})

export const ambiguousName = (at: Node, other: Node | undefined): Refusal => ({
  code: 'FL1008',
  message: `the closure needs two different variables named \`${at.name}\``,
  at: label(at, 'this is one of them'),
  also: elsewhere(at, other, 'this is the other'),
  help: 'rename one of them',
})

export const method = (at: Node): Refusal => ({
  code: 'FL1009',
  message: 'a method cannot be a thread closure: its object is not sent with it',
  at: label(at, 'only the function would be sent, without its `this`'),
  also: [],
  help: 'call it inside a closure: `() => object.method()`',
})

export const directEval = (at: Node): Refusal => ({
  code: 'FL1010',
  message: 'a thread closure cannot use direct `eval`',
  at: label(at, 'the variables that it refers to are not known at compile time'),
  also: [],
  help: 'call it indirectly, so that it sees globals only: `globalThis.eval(...)`',
})

export const notLiteral = (at: Node): Refusal => ({
  code: 'FL1011',
  message: 'a thread closure must be written at the call, or be the name of a function',
  at: label(at, 'this function is not known at compile time'),
  also: [],
  help: 'write the choice inside: `() => condition ? f() : g()`; or mark the function where it is created: `closure(() => ...)`',
})

export const programEntry = (at: Node): Refusal => ({
  code: 'FL2001',
  message: "a thread closure cannot import the program's entry: the whole program would run again in the thread",
  at: label(at, 'the program starts with this file'),
  also: [],
  help: 'move the declarations that the closure needs to a separate file, and import it from both',
})

export const pageOnly = (at: Node, taker: Node | undefined, direct: boolean): Refusal => ({
  code: 'F1009',
  message: `\`${at.name}\` does not exist in a thread`,
  at: label(at, 'only the main thread of a page has it'),
  also: elsewhere(
    at,
    taker,
    direct
      ? 'this runs the closure in another thread'
      : 'this runs a closure in another thread, which reaches this use',
  ),
  help: 'read the value before the thread starts, and capture it in the closure',
})

/** `at` is the position at which the file exceeds the limit. */
export const nestedTooDeeply = (at: number): Refusal => ({
  code: 'FL1012',
  message: 'this file is nested too deeply to be compiled, and it uses fearless',
  at: { start: at, end: at, label: 'the limit is exceeded here' },
  also: [],
  help: 'move the deeply nested code to a separate file, or split it into several statements',
})
