/**
 * Rust's memory orderings. All operations are sequentially consistent, which is what each of them asks for and more; an
 * ordering says what the program relies on, and one that makes no sense is refused as Rust refuses it.
 */
import { describe } from '../describe.ts'

/** What a program relies on: a weaker one is as strong as `'SeqCst'` here. */
export type Ordering = 'Relaxed' | 'Acquire' | 'Release' | 'AcqRel' | 'SeqCst'
/** What a load can be. */
export type LoadOrdering = Exclude<Ordering, 'Release' | 'AcqRel'>
/** What a store can be. */
export type StoreOrdering = Exclude<Ordering, 'Acquire' | 'AcqRel'>

const ORDERINGS: readonly unknown[] = ['Relaxed', 'Acquire', 'Release', 'AcqRel', 'SeqCst']

export function checkLoad(order: Ordering | undefined): void {
  if (order === undefined) return
  check(order)
  if (order === 'Release' || order === 'AcqRel')
    throw new RangeError(`There is no load that is ${describe(order)}. A load is Relaxed, Acquire or SeqCst.`)
}

export function checkStore(order: Ordering | undefined): void {
  if (order === undefined) return
  check(order)
  if (order === 'Acquire' || order === 'AcqRel')
    throw new RangeError(`There is no store that is ${describe(order)}. A store is Relaxed, Release or SeqCst.`)
}

export function check(order: Ordering | undefined): void {
  if (order === undefined || ORDERINGS.includes(order)) return
  throw new RangeError(`${describe(order)} is no ordering. It must be Relaxed, Acquire, Release, AcqRel or SeqCst.`)
}
