/**
 * `par.join`: calls two functions at the same time. Chunk `k` is one call of step `k`, and its result is the partial
 * result.
 */
import type { CallConsumer } from './op.ts'
import { functionPart, isProven, refusing } from './part.ts'
import { PROVEN_READS } from '../../thread/closure/closure.ts'

export const join: CallConsumer = {
  name: 'join',
  parts: [functionPart, functionPart],
  onlyReads: parts => parts.every(part => isProven(part, PROVEN_READS.captures)),
  loop: (start, from, _to, steps) => refusing('par.join', steps[(start as number) + from])(),
  combine: partials => [...partials],
} as const
