/**
 * What a parallel iterator does, as data: the kinds of its stages in order, the last one being its end, and the
 * functions and values these take.
 *
 * A stage takes as many parts as its kind says; parts stand in the order of the stages. An initial value of `fold` and
 * `reduce` is a part too: either a function that makes one for every piece, or a value that is copied for every piece.
 */
import { describe } from '../describe.ts'
import { ClosureError } from '../errors.ts'
import { commitMessage, decode, encode, scratchAddress } from '../memory/codec/codec.ts'
import { dropHandle } from '../memory/handles/handle.ts'
import { AtomicI32 } from '../sync/atomic.ts'
import { PROVEN_READS, TEXT_PREFIX, annotationOf, __fl$, type ClosureAnnotation } from '../thread/closure/closure.ts'
import { defineFactory, type Factory } from '../thread/closure/factory.ts'

export type Callable = (...args: never[]) => unknown
/** A function as the loops call it. */
export type Step = (...args: unknown[]) => unknown

export type StageKind = 'map' | 'filter' | 'flatMap' | 'inspect' | 'fold' | 'takeAny'
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

/** A function, or an initial value. */
export type Part = { readonly f: Step; readonly annotation: ClosureAnnotation } | { readonly value: unknown }
/** A part as a parallel iterator has it: a limit is counted for each run anew. */
export type Given = Part | { readonly limit: number }

/** What a parallel iterator does, before a run of it begins. */
export interface Recipe {
  readonly kinds: Pipeline['kinds']
  readonly parts: readonly Given[]
}

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
  const kind = /^\[object (Async|Generator|AsyncGenerator)Function\]$/.exec(Object.prototype.toString.call(f))?.[1]
  if (kind !== undefined) {
    throw new ClosureError(
      'FL2003',
      `A parallel iterator does not wait inside its functions, and this one is ${kind === 'Async' ? 'async' : 'a generator'}. ` +
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

/** A function of the library, which other threads find by its url and which changes nothing that it is given. */
export type OwnFactory = (captures: readonly unknown[]) => (item: never) => unknown

const CHANGES_NOTHING = Object.values(PROVEN_READS).reduce<number>((all, bit) => all | bit, 0)

export function ownPart(url: string, factory: OwnFactory, captures: readonly unknown[], names: string): Part {
  return functionPart(__fl$(factory(captures), url, () => captures, names, CHANGES_NOTHING))
}

// What `takeAny` does: it counts down, and asks before a piece whether anything is left to take.
const counted = (url: string, isLeft: (left: AtomicI32) => boolean): OwnFactory => {
  const factory: OwnFactory = captures => () => isLeft(captures[0] as AtomicI32)
  defineFactory(url, factory as Factory)
  return factory
}
const take = counted('fearless:take', left => left.fetchSub(1) > 0)
const isOpen = counted('fearless:is-open', left => left.load() > 0)

/** The most that `takeAny` counts. Each piece counts once too far, so some numbers are left below it. */
const MOST_TAKEN = 0x7fff_ffff

/** What `takeAny` has instead of functions. */
export function limitPart(limit: number): Given {
  if (Number.isInteger(limit) && limit >= 0 && limit <= MOST_TAKEN) return { limit }
  throw new RangeError(`takeAny takes a whole number of items from 0 to ${MOST_TAKEN}, not ${describe(limit)}.`)
}

/** A pipeline for one run, and what ends the counts of its limits. */
export function begin({ kinds, parts }: Recipe): { readonly pipeline: Pipeline; readonly end: () => void } {
  const counts: AtomicI32[] = []
  const began = parts.flatMap(part => {
    if (!('limit' in part)) return part
    const count = new AtomicI32(part.limit)
    counts.push(count)
    return [ownPart('fearless:take', take, [count], 'left'), ownPart('fearless:is-open', isOpen, [count], 'left')]
  })
  return { pipeline: { kinds, parts: began }, end: () => counts.forEach(dropHandle) }
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
    commitMessage()
    return copy
  }
}
