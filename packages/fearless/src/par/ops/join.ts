/**
 * `par.join`: calls two functions at the same time. Chunk `k` is one call of step `k`, and its result is the partial
 * result.
 */
import { refuseAsync } from '../../sync/lock-snapshot.ts'
import type { CallConsumer } from './op.ts'
import { functionPart, isProven } from './part.ts'
import { PROVEN_READS } from '../../thread/closure/closure.ts'

export const join: CallConsumer = {
  name: 'join',
  parts: [functionPart, functionPart],
  onlyReads: parts => parts.every(part => isProven(part, PROVEN_READS.captures)),
  loop(start, from, _to, steps) {
    const result = steps[(start as number) + from]()
    refuseAsync('par.join', result)
    return result
  },
  combine: partials => [...partials],
} as const
