/**
 * The contract with the compiler: how a closure that crosses to another thread is marked, and how that thread loads it.
 *
 * The compiler extracts the closure into a module of its own at `url`. It marks the original function with that URL and
 * with a thunk that returns the captured values. A thread imports the module and calls its `$factory` with these
 * values. If no file holds the module, its text is stored in the shared heap. A URL and a text are stored once per
 * process.
 */
import { cas, get, load, set } from '../../core/memory.ts'
import { platform } from '#platform'
import { CLOSURES_HEAD, TEXTS_HEAD } from '../../core/layout.ts'
import { describe } from '../../describe.ts'
import { ClosureError } from '../../errors.ts'
import { free } from '../../memory/heap.ts'
import {
  INTERNED_NEXT,
  INTERNED_TEXT,
  TextInterner,
  freeTextNode,
  newTextNode,
  loadText,
  storeText,
} from '../../memory/interner.ts'
import { ResourceStack } from '../../sync/using.ts'
import { addCompiler, isCallerUnreadable, showToCompiler } from './add-compiler.ts'

/** The compiler's description of a closure. */
export interface ClosureAnnotation {
  readonly url: string
  readonly captures: (() => readonly unknown[]) | undefined
  /** The names of the captures, as `a, b`. */
  readonly names: string
  /** The loans that the closure only reads: bits of `PROVEN_READS`. */
  readonly reads: number
  /** The line and column of the first expression that may change a loan. */
  readonly at: string | undefined
}

/** Proofs of the compiler about a closure that borrows. */
export const PROVEN_READS = {
  captures: 1,
  /** The first argument itself, but not the objects in it. */
  first: 2,
  inFirst: 4,
  others: 8,
  /** The result is not a loan: it is a new value, or the first argument. */
  ownResult: 16,
} as const

/**
 * `using` in compiled code: a list of resources, or two functions around the only resource of a block. Two more stand
 * in for the helpers of other compilers.
 */
export function __using$(): ResourceStack {
  return new ResourceStack()
}
export { copyStatic as __clone$, freezeStatics as __frozen$ } from '../../memory/codec/static-data.ts'
export { CONFINED as __view$, CONFINED_READER as __seen$, KEEPS_VIEW as __kept$ } from '../../memory/struct/views.ts'
export { makeStatic as __static$ } from '../../memory/handles/handle.ts'
export { numberOfLocation as __place$ } from '../../wait/lock-sites.ts'
export { added as __added$, disposed as __disposed$ } from '../../sync/using.ts'
export { end as __end$, unwind as __unwind$, use as __use$ } from '../../sync/using.ts'

type Callable = (...args: never[]) => unknown
type Annotated = Callable & { [ANNOTATION]?: ClosureAnnotation; [MOVED]?: true; [BORROWS]?: true }

// Registered symbols are shared by all copies of the library: the compiler's marks also reach the model checker's copy.
// The properties are assigned, not defined: 50 ns instead of 320, for every closure that is spawned.
const ANNOTATION = Symbol.for('fearless.closure')
const MOVED = Symbol.for('fearless.moved')
const BORROWS = Symbol.for('fearless.borrows')
const TEXTS = Symbol.for('fearless.texts')
const COMPILER = Symbol.for('fearless.compiler')

/** The URL of the compiler, for files that threads import; undefined without a compiler, and in a bundle. */
export function compilerUrl(): string | undefined {
  return (globalThis as { [COMPILER]?: string })[COMPILER] ?? platform.inheritance?.compiler
}

/** Whether a bundler's plugin has compiled the files of this bundle. */
let isCompiled = false

/** Records that a bundler's plugin has compiled this file; the compiler writes the call. */
export function __compiled$(): void {
  isCompiled = true
}

/** The prefix of the URLs of closures without a module: the rest of such a URL is the function's text. */
export const TEXT_PREFIX = 'text:'

/** Marks a function that the compiler has extracted; the compiler writes the calls. */
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

/** The names of a closure's captures. */
export function capturedNames({ names }: ClosureAnnotation): readonly string[] {
  return names === '' ? [] : names.split(', ')
}

/** The source location of the first expression that may change a loan; undefined if there is none. */
export function suspectLocation({ url, at }: ClosureAnnotation): string | undefined {
  return at === undefined ? undefined : `${url.replace(/^file:\/\/|\?fl=\w+/g, '')}:${at}`
}

/** Marks a closure that moves its captures. */
export function markMove<F extends Callable>(f: F): F {
  refuseNonFunction(f)
  const annotated = f as Annotated
  if (annotated[ANNOTATION] === undefined) annotated[MOVED] = true
  return f
}

/** Marks a closure that borrows its captures, in whichever call it is passed. */
export function markClosure<F extends Callable>(f: F): F {
  refuseNonFunction(f)
  ;(f as Annotated)[BORROWS] = true
  return f
}

/** Whether a closure was marked by `closure(...)` only, so that it borrows its captures. */
export const borrows = (f: Callable): boolean =>
  (f as Annotated)[BORROWS] === true && (f as Annotated)[MOVED] === undefined

/**
 * Returns the URL of a function's module and a thunk for its captures. Throws `ClosureError` FL2003 if it has neither.
 */
export function annotationOf(f: Callable): ClosureAnnotation {
  refuseNonFunction(f)
  const annotated = f as Annotated
  const annotation = annotated[ANNOTATION]
  if (annotation !== undefined) return annotation
  const text = Function.prototype.toString.call(f)
  const hasCompiler = isCompiled || compilerUrl() !== undefined
  if (annotated[MOVED] && platform.inPlace === undefined) throw hasCompiler ? notRead(text) : notCompiled()
  if (/\{\s*\[native code\]\s*\}$/.test(text)) throw notAClosure('a native or bound function has no source text')
  if (!isExpression(text)) throw notAClosure('a method or class is not a function expression')
  if (hasCompiler && platform.inPlace === undefined)
    throw annotated[BORROWS] || (!isCompiled && isCallerUnreadable()) ? notRead(text) : notMarked(text)
  return { url: TEXT_PREFIX + text, captures: undefined, names: '', reads: 0, at: undefined }
}

function refuseNonFunction(f: unknown): void {
  if (typeof f !== 'function') throw notAFunction(f)
}

function isExpression(text: string): boolean {
  return /^(async\s*)?(function\b|\(|[\w$]+\s*=>)/.test(text)
}

/** A function's text does not tell which variables its names refer to, so only an extracted function is accepted. */
function notMarked(text: string): ClosureError {
  return new ClosureError(
    'FL2003',
    'The compiler did not extract this function from its file, so it cannot be sent to a thread: ' +
      `${beginningOf(text)}. ` +
      'Mark it where it is written: `closure(() => ...)`, or `move(() => ...)` if the thread must own its captures.',
  )
}

function beginningOf(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 60)}...` : line
}

function notAFunction(f: unknown): ClosureError {
  return new ClosureError('FL2003', `Expected a function, got ${describe(f)}. Pass a closure, for example \`() => 1\`.`)
}

function notAClosure(why: string): ClosureError {
  return new ClosureError(
    'FL2003',
    `This function cannot be sent to a thread, because ${why}. ` +
      'Write a closure that calls it, for example `n => Math.sqrt(n)`.',
  )
}

function notCompiled(): ClosureError {
  return new ClosureError(
    'FL2003',
    `This \`move(...)\` cannot be sent to a thread, because only the compiler knows its captures. ${addCompiler()}`,
  )
}

/** The user has marked the closure, or could not: the compiler has not read the file. */
function notRead(text: string): ClosureError {
  return new ClosureError(
    'FL2003',
    'The compiler did not read the file of this closure, so it cannot be sent to a thread: ' +
      `${beginningOf(text)}. ${showToCompiler()}`,
  )
}

/** The URLs of closures by number, so that a spawn sends four bytes instead of a URL. */
const urls = new TextInterner(CLOSURES_HEAD)

export function closureNumber(url: string): number {
  const known = urls.known(url)
  if (known !== undefined) return known
  // ORDER: other threads read a number and then its text, so the texts must be published before the number.
  publishTexts()
  return urls.numberOf(url)
}

export function closureUrl(number: number): string {
  return urls.textOf(number)!
}

/**
 * Module texts: a list like the interner's, with a URL in place of the number.
 *
 *   +0   INTERNED_NEXT  the next node
 *   +4   MODULE_URL     URL of the module
 *   +8   INTERNED_TEXT  its text
 *   +16  end
 */
const MODULE_URL = 4

const texts = new Map<string, string>()
let textsSeen = 0

function localTexts(): Map<string, string> | undefined {
  return (globalThis as { [TEXTS]?: Map<string, string> })[TEXTS]
}

/** Reads the texts that other threads have published since the last call; returns the newest node. */
function readTexts(): number {
  const head = load(TEXTS_HEAD)
  for (let node = head; node !== textsSeen; node = get(node + INTERNED_NEXT)) {
    texts.set(loadText(get(node + MODULE_URL)), loadText(get(node + INTERNED_TEXT)))
  }
  textsSeen = head
  return head
}

/** Publishes the module texts of this thread's compiler in the heap, each once for all threads. */
function publishTexts(): void {
  const local = localTexts()
  if (local === undefined) return
  for (const [name, text] of local) if (!texts.has(name)) publishText(name, text)
}

function publishText(name: string, text: string): void {
  let node = 0
  for (let head = readTexts(); !texts.has(name); head = readTexts()) {
    if (node === 0) {
      node = newTextNode(text)
      set(node + MODULE_URL, storeText(name))
    }
    set(node + INTERNED_NEXT, head)
    if (cas(TEXTS_HEAD, head, node) !== head) continue
    textsSeen = node
    texts.set(name, text)
    return
  }
  // RACE: another thread has published the same text first.
  if (node === 0) return
  free(get(node + MODULE_URL))
  freeTextNode(node)
}

/** Returns the text of a module that exists only in memory; undefined if there is none at this URL. */
export function moduleText(url: string): string | undefined {
  const local = localTexts()?.get(url)
  if (local !== undefined) return local
  readTexts()
  return texts.get(url)
}
