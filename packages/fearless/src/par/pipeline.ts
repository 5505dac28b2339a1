/**
 * What a parallel iterator does, as data: the kinds of its stages in order, the last one being its end, and the
 * functions and values these take.
 *
 * A stage takes as many parts as its kind says; parts stand in the order of the stages. An initial value of `fold` and
 * `reduce` is a part too: either a function that makes one for every piece, or a value that is copied for every piece.
 */
import { ClosureError } from '../errors.ts'
import { commit, decode, encode, scratchAddress } from '../memory/codec.ts'
import { TEXT_PREFIX, annotationOf, type Annotation } from '../thread/closure.ts'

export type Callable = (...args: never[]) => unknown
/** A function as the loops call it. */
export type Step = (...args: unknown[]) => unknown

export type StageKind = 'map' | 'filter' | 'flatMap' | 'inspect' | 'fold'
export type EndKind =
  | 'collect'
  | 'sum'
  | 'count'
  | 'min'
  | 'max'
  | 'minBy'
  | 'maxBy'
  | 'reduce'
  | 'forEach'
  | 'find'
  | 'findAny'
  | 'any'
  | 'all'
  | 'join'

/** A function of the program, or an initial value. */
export type Part = { readonly f: Step; readonly annotation: Annotation } | { readonly value: unknown }

export interface Pipeline {
  /** Stages in order; the last one is the end. */
  readonly kinds: readonly (StageKind | EndKind)[]
  readonly parts: readonly Part[]
}

/** The end of a pipeline. */
export function endOf(pipeline: Pipeline): EndKind {
  return pipeline.kinds[pipeline.kinds.length - 1] as EndKind
}

/** A function that may run in other threads. Throws `ClosureError` if it cannot. */
export function functionPart(f: Callable): Part {
  const annotation = annotationOf(f)
  if (Object.prototype.toString.call(f) === '[object AsyncFunction]') {
    throw new ClosureError(
      'FL2003',
      'A parallel iterator does not wait inside its functions, and this one is async. ' +
        'Make it synchronous (`.wait()` instead of `await`), or use `task.spawn` for work that waits.',
    )
  }
  return { f: f as unknown as Step, annotation }
}

/** Whether other threads have nothing but the text of this function. */
export function cameAsText(part: Part): boolean {
  return 'f' in part && part.annotation.url.startsWith(TEXT_PREFIX)
}

/** What `fold` and `reduce` begin with: a function is called for every piece, anything else is copied for every piece. */
export function initialPart(initial: unknown): Part {
  return typeof initial === 'function' ? functionPart(initial as Callable) : { value: initial }
}

/** The parts as functions. */
export function stepsOf(parts: readonly Part[]): Step[] {
  return parts.map(part => ('value' in part ? makerOf(part.value) : part.f))
}

/** Makes a fresh copy of a value each time, so that no piece sees what another did to its own. */
export function makerOf(value: unknown): Step {
  if (typeof value !== 'object' || value === null) return () => value
  return () => {
    const length = encode(value, 'copy')
    const copy = decode(scratchAddress(), length)
    commit()
    return copy
  }
}
