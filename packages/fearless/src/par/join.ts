/** `par.join`: two functions at the same time, after rayon's `join`. */
import type { ParallelResult } from '../send.ts'
import { reportIfUnwaited } from '../wait/unwaited.ts'
import type { Wait } from '../wait/wait.ts'
import { ParWait } from './par-wait.ts'
import { join as operation } from './ops/join.ts'
import { partsOf } from './ops/op.ts'

const TWO_CALLS = { kind: 'range', length: 2, start: 0 } as const

/**
 * Runs `a` on this thread and `b` on another one if a thread is free, and returns both results.
 *
 * ```ts
 * const [evens, odds] = await par.join(() => 2 + 4, () => 1 + 3) // => [6, 4]
 * ```
 *
 * Both run to their end, also if one panics. If both panic, the error of `a` is thrown.
 */
export function join<A, B>(a: () => ParallelResult<A>, b: () => ParallelResult<B>): Wait<[A, B]> {
  const wait = new ParWait<[A, B]>(TWO_CALLS, { adaptors: [], consumer: operation, parts: partsOf(operation, [a, b]) })
  return reportIfUnwaited(wait, 'par.join', join)
}
