/**
 * The contract with the compiler: what a closure that crosses a thread is, and how a thread finds it.
 *
 * The compiler cuts the closure into a module of its own at `url` and marks the original function with that url and a
 * thunk for what it captures. A thread imports the module and calls its `$factory` with the captured values. Where no
 * file holds that module, its text lies in the shared heap; a url and a text are written there once per process.
 */
import { platform } from '#platform'
import { CLOSURES_HEAD, TEXTS_HEAD } from '../../core/layout.ts'
import { describe } from '../../describe.ts'
import { ClosureError } from '../../errors.ts'
import { i32, release } from '../../memory/heap.ts'
import { Interned, freeNode, newNode } from '../../memory/interned.ts'
import { Uses } from '../../sync/using.ts'
import { loadText, storeText } from '../../memory/text.ts'

/** What the compiler knows of a closure. */
export interface Annotation {
  readonly url: string
  readonly captures: (() => readonly unknown[]) | undefined
  /** The names of the captures. */
  readonly names: string
  /** What of its loans the closure only reads: bits of `READS`. */
  readonly reads: number
  /** The line and column of the first place that may change one. */
  readonly at: string | undefined
}

/** What the compiler has proven of a closure that borrows. */
export const READS = {
  captures: 1,
  /** The first argument itself, but for what lies in it. */
  first: 2,
  inFirst: 4,
  others: 8,
  /** Not a loan: the result is new, or the first argument. */
  ownResult: 16,
} as const

/** What `using` becomes in compiled code: a list, or two functions around a block's only resource. */
export function __using$(): Uses {
  return new Uses()
}
export { copyStatic as __clone$, freezeStatics as __frozen$ } from '../../memory/codec/static-data.ts'
export { CONFINED as __view$, CONFINED_READER as __seen$, KEPT as __kept$ } from '../../memory/struct/views.ts'
export { makeStatic as __static$ } from '../../memory/handles/handle.ts'
export { numberOf as __place$ } from '../../wait/places.ts'
export { end as __end$, unwind as __unwind$, use as __use$ } from '../../sync/using.ts'

type Callable = (...args: never[]) => unknown
type Annotated = Callable & { [ANNOTATION]?: Annotation; [MOVED]?: true; [BORROWS]?: true }

// Seen by every copy of the library: what the compiler writes marks functions for the model checker's copy, too. Assigned, not
// defined: 50 ns instead of 320, for every closure that is spawned.
const ANNOTATION = Symbol.for('fearless.closure')
const MOVED = Symbol.for('fearless.moved')
const BORROWS = Symbol.for('fearless.borrows')
const TEXTS = Symbol.for('fearless.texts')
const COMPILER = Symbol.for('fearless.compiler')

/** Where the compiler is, for files that threads import; undefined if the program runs without it, or from a bundle. */
export function compilerUrl(): string | undefined {
  return (globalThis as { [COMPILER]?: string })[COMPILER] ?? platform.inheritance?.compiler
}

/** Whether a bundle's files were compiled. */
let isCompiled = false

/** A file that a bundler's plugin has compiled says so. */
export function __compiled$(): void {
  isCompiled = true
}

/** Urls of closures that have no module: the rest of the url is the function's text. */
export const TEXT_PREFIX = 'text:'

/** Marks a function that the compiler has cut out; the compiler writes the calls. */
export function __fl$<F extends Callable>(
  f: F,
  url: string,
  captures?: () => readonly unknown[],
  names = '',
  reads = 0,
  at?: string,
): F {
  ;(f as Annotated)[ANNOTATION] = { url, captures, names, reads, at }
  return f
}

/** The names of what a closure captures: the compiler writes them as `a, b`. */
export function capturedNames({ names }: Annotation): readonly string[] {
  return names === '' ? [] : names.split(', ')
}

/** The place in the file that may change what the closure has borrowed. */
export function suspectOf({ url, at }: Annotation): string | undefined {
  return at === undefined ? undefined : `${url.replace(/^file:\/\/|\?fl=\w+/g, '')}:${at}`
}

/** Marks a closure as one that takes what it captures along. */
export function markMoved<F extends Callable>(f: F): F {
  refuseOther(f)
  const annotated = f as Annotated
  if (annotated[ANNOTATION] === undefined) annotated[MOVED] = true
  return f
}

/** Marks a closure that captures as one of a call that waits for it does, wherever it is handed to. */
export function markClosure<F extends Callable>(f: F): F {
  refuseOther(f)
  ;(f as Annotated)[BORROWS] = true
  return f
}

/** Whether a closure was marked by `closure(...)`: it does not own what it captures. */
export const borrows = (f: Callable): boolean =>
  (f as Annotated)[BORROWS] === true && (f as Annotated)[MOVED] === undefined

/** Where the module of a function is, and what it captures now. Throws `ClosureError` FL2003. */
export function annotationOf(f: Callable): Annotation {
  refuseOther(f)
  const annotated = f as Annotated
  const annotation = annotated[ANNOTATION]
  if (annotation !== undefined) return annotation
  const text = Function.prototype.toString.call(f)
  if (annotated[MOVED] && platform.inPlace === undefined)
    throw notAClosure('`move(...)` takes captures along, and only the compiler knows them')
  if (/\{\s*\[native code\]\s*\}$/.test(text)) throw notAClosure('a native or bound function has no text to take along')
  if (!isExpression(text)) throw notAClosure('a method or class cannot run on its own')
  if ((isCompiled || compilerUrl() !== undefined) && platform.inPlace === undefined) throw notMarked(text)
  return { url: TEXT_PREFIX + text, captures: undefined, names: '', reads: 0, at: undefined }
}

function refuseOther(f: unknown): void {
  if (typeof f !== 'function') throw notAClosure(`${describe(f)} is not a function`)
}

function isExpression(text: string): boolean {
  return /^(async\s*)?(function\b|\(|[\w$]+\s*=>)/.test(text)
}

/** The text of a function does not tell what its names mean, so there is no guess where the compiler could have been asked. */
function notMarked(text: string): ClosureError {
  return new ClosureError(
    'FL2003',
    `The compiler has not cut this function out of its file, so it cannot be taken to a thread: ${beginningOf(text)}. ` +
      'Mark it where it is written: `closure(() => ...)`, or `move(() => ...)` if it takes what it captures along.',
  )
}

function beginningOf(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 60)}...` : line
}

function notAClosure(why: string): ClosureError {
  return new ClosureError(
    'FL2003',
    `This function cannot be taken to a thread: ${why}. ` +
      'Run the program with `fearless run` or `node --import @fearless/compiler/register`, ' +
      'or pass a self-contained function and its data: `thread.spawn((data) => ..., data)`.',
  )
}

/** Urls of closures by number, so that a spawn carries four bytes instead of a url. */
const urls = new Interned(CLOSURES_HEAD)

export function numberOf(url: string): number {
  const known = urls.known(url)
  if (known !== undefined) return known
  // ORDER: the texts, then the number, so that a url with a number has its text.
  publishTexts()
  return urls.numberOf(url)
}

export function urlOf(number: number): string {
  return urls.textOf(number)!
}

// Module texts.  node: +0 next, +4 url, +8 text
const texts = new Map<string, string>()
let textsSeen = 0

function localTexts(): Map<string, string> | undefined {
  return (globalThis as { [TEXTS]?: Map<string, string> })[TEXTS]
}

/** Reads what other threads have published since; returns the newest node. */
function readTexts(): number {
  const head = Atomics.load(i32, TEXTS_HEAD >> 2)
  for (let node = head; node !== textsSeen; node = i32[node >> 2]) {
    texts.set(loadText(i32[(node + 4) >> 2]), loadText(i32[(node + 8) >> 2]))
  }
  textsSeen = head
  return head
}

/** Puts the texts that this thread's compiler has cut out into the heap, each once for all threads. */
function publishTexts(): void {
  const local = localTexts()
  if (local === undefined) return
  for (const [name, text] of local) if (!texts.has(name)) publishText(name, text)
}

function publishText(name: string, text: string): void {
  let node = 0
  for (let head = readTexts(); !texts.has(name); head = readTexts()) {
    if (node === 0) {
      node = newNode(text)
      i32[(node + 4) >> 2] = storeText(name)
    }
    i32[node >> 2] = head
    if (Atomics.compareExchange(i32, TEXTS_HEAD >> 2, head, node) !== head) continue
    textsSeen = node
    texts.set(name, text)
    return
  }
  // Another thread was faster.
  if (node === 0) return
  release(i32[(node + 4) >> 2])
  freeNode(node)
}

/** The text of a module that only exists in the heap. */
export function textOf(url: string): string | undefined {
  const local = localTexts()?.get(url)
  if (local !== undefined) return local
  readTexts()
  return texts.get(url)
}
