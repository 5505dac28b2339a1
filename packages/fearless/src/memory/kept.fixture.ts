/** A module that keeps a handle from one thread of its worker to the next. */
import type { AtomicI32 } from 'fearless'

const kept: AtomicI32[] = []

export function keep(counter: AtomicI32): void {
  kept.push(counter)
}

/** Uses the kept handle and returns the name of the error, or undefined if no handle was kept. */
export function useKept(): string | undefined {
  if (kept.length === 0) return undefined
  try {
    kept[0].load()
    return 'none'
  } catch (error) {
    return (error as Error).name
  }
}
