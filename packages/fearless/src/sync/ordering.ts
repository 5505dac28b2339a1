/**
 * The memory orderings of Rust. Each operation is sequentially consistent, which satisfies every ordering. An ordering
 * documents the guarantee that the program relies on. An invalid one is refused, as Rust refuses it.
 */
import { describe } from '../describe.ts'

/** The guarantee that a program relies on. A weaker one is as strong as `'SeqCst'` here. */
export type Ordering = 'Relaxed' | 'Acquire' | 'Release' | 'AcqRel' | 'SeqCst'
/** The valid orderings of a load. */
export type LoadOrdering = Exclude<Ordering, 'Release' | 'AcqRel'>
/** The valid orderings of a store. */
export type StoreOrdering = Exclude<Ordering, 'Acquire' | 'AcqRel'>

const ORDERINGS: readonly unknown[] = ['Relaxed', 'Acquire', 'Release', 'AcqRel', 'SeqCst']

export function checkLoadOrdering(order: Ordering | undefined): void {
  if (order === undefined) return
  checkOrdering(order)
  if (order === 'Release' || order === 'AcqRel')
    throw new RangeError(
      `A load expects the ordering Relaxed, Acquire or SeqCst, got ${describe(order)}. Use one of these.`,
    )
}

export function checkStoreOrdering(order: Ordering | undefined): void {
  if (order === undefined) return
  checkOrdering(order)
  if (order === 'Acquire' || order === 'AcqRel')
    throw new RangeError(
      `A store expects the ordering Relaxed, Release or SeqCst, got ${describe(order)}. Use one of these.`,
    )
}

export function checkOrdering(order: Ordering | undefined): void {
  if (order === undefined || ORDERINGS.includes(order)) return
  throw new RangeError(
    `An ordering must be Relaxed, Acquire, Release, AcqRel or SeqCst, got ${describe(order)}. Use one of these.`,
  )
}
