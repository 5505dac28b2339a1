/** A module that keeps a handle from one thread of its worker to the next. */
import type { AtomicI32 } from 'fearless'

const kept: AtomicI32[] = []

export function keep(counter: AtomicI32): void {
  kept.push(counter)
}

/** The name of the error of a use of what is kept; undefined if nothing is. */
export function useKept(): string | undefined {
  if (kept.length === 0) return undefined
  try {
    kept[0].load()
    return 'none'
  } catch (error) {
    return (error as Error).name
  }
}
