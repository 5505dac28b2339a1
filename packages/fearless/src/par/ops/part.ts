/**
 * The parts of an operation: a function, or an initial value, for each argument of its method.
 *
 * A part becomes a step in each thread that takes part. A function must be able to run in other threads. A value is
 * copied for each chunk, so that no chunk sees a change that another one has made to its copy.
 */
import { ClosureError } from '../../errors.ts'
import { commitMessage, decode, encode, scratchAddress } from '../../memory/codec/codec.ts'
import type { Handle } from '../../memory/handles/handle.ts'
import { refuseAsync } from '../../sync/lock-snapshot.ts'
import { PROVEN_READS, TEXT_PREFIX, annotationOf, __fl$, type ClosureAnnotation } from '../../thread/closure/closure.ts'

type Callable = (...args: never[]) => unknown

/** A function as the loops call it. */
export type Step = (...args: unknown[]) => unknown

/** A function, or an initial value. */
export type Part = { readonly f: Step; readonly annotation: ClosureAnnotation } | { readonly value: unknown }

/** A part that each run makes anew, with the handle that the run drops at its end. */
export interface PartOfRun {
  open(): { readonly part: Part; readonly handle: Handle }
}

/** A part as a parallel iterator holds it, before a run begins. */
export type Given = Part | PartOfRun

/** Makes a part of a function that may run in other threads. Throws `ClosureError` if it cannot. */
export function functionPart(f: Callable): Part {
  const annotation = annotationOf(f)
  const kind = /^\[object (Async|Generator|AsyncGenerator)Function\]$/.exec(Object.prototype.toString.call(f))?.[1]
  if (kind !== undefined) {
    throw new ClosureError(
      'FL2003',
      `A parallel iterator expects a synchronous function, got ${kind === 'Async' ? 'an async one' : 'a generator'}. ` +
        'Use `.wait()` instead of `await` in it, or use `task.spawn` for work that waits.',
    )
  }
  return { f: f as unknown as Step, annotation }
}

/** Makes a part of an initial value: a function is called for each chunk, any other value is copied for each chunk. */
export function initialPart(initial: unknown): Part {
  return typeof initial === 'function' ? functionPart(initial as Callable) : { value: initial }
}

/** A function of the library, which other threads find by its url and which only reads its arguments. */
export type LibraryFactory = (captures: readonly unknown[]) => (argument: never) => unknown

const ONLY_READS = Object.values(PROVEN_READS).reduce<number>((all, bit) => all | bit, 0)

/** Makes a part of a function of the library. */
export function libraryPart(url: string, factory: LibraryFactory, captures: readonly unknown[], names: string): Part {
  return functionPart(__fl$(factory(captures), url, () => captures, names, ONLY_READS))
}

/** Whether other threads have only the text of this function. */
export function cameAsText(part: Part): boolean {
  return 'f' in part && part.annotation.url.startsWith(TEXT_PREFIX)
}

// -------------------------------------------------------------- proofs

/** The captures, and all that the arguments hold; not the first argument itself. */
export const BUT_FIRST = PROVEN_READS.captures | PROVEN_READS.inFirst | PROVEN_READS.others
const EVERYTHING = BUT_FIRST | PROVEN_READS.first

/** Whether the compiler has proven that the function only reads these of its loans (bits of `PROVEN_READS`). */
export function isProven(part: Part, loans: number = EVERYTHING): boolean {
  return 'value' in part || (part.annotation.reads & loans) === loans
}

// -------------------------------------------------------------- steps

/** The steps of parts in the thread that has given them. */
export function stepsOf(parts: readonly Part[]): Step[] {
  return parts.map(part => ('value' in part ? makerOf(part.value) : part.f))
}

/** Makes a step throw `BorrowError`, which names `name`, for an answer that runs later (a promise or a generator). */
export function refusing(name: string, step: Step): Step {
  return (...args) => {
    const answer = step(...args)
    refuseAsync(name, answer)
    return answer
  }
}

/** Returns a function that makes a fresh copy of a value in each call. */
export function makerOf(value: unknown): Step {
  if (typeof value !== 'object' || value === null) return () => value
  return () => {
    const length = encode(value, 'copy')
    const copy = decode(scratchAddress(), length)
    commitMessage()
    return copy
  }
}
