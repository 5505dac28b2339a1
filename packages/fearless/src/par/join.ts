/** Two functions at the same time. */
import type { ParallelResult } from '../send.ts'
import { reportIfUnwaited } from '../wait/handed-out.ts'
import type { Wait } from '../wait/wait.ts'
import { ParWait } from './par-wait.ts'
import { functionPart } from './pipeline.ts'

const TWO = { kind: 'range', length: 2, start: 0 } as const

/**
 * Runs `a` on this thread and `b` on another if one is free, and gives both results.
 *
 * ```ts
 * const [evens, odds] = await par.join(() => 2 + 4, () => 1 + 3) // => [6, 4]
 * ```
 *
 * Both run to their end, whatever happens. If both panic, what `a` threw is thrown.
 */
export function join<A, B>(a: () => ParallelResult<A>, b: () => ParallelResult<B>): Wait<[A, B]> {
  const wait = new ParWait<[A, B]>(TWO, { kinds: ['join'], parts: [functionPart(a), functionPart(b)] })
  return reportIfUnwaited(wait, 'par.join', join)
}
