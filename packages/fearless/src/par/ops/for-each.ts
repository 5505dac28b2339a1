/** `forEach`: calls a function with each item. */
import type { ItemConsumer } from './op.ts'
import { functionPart } from './part.ts'

export const forEach: ItemConsumer = {
  name: 'forEach',
  parts: [functionPart],
  text: code => code.call('given', `${code.step()}(${code.item})`),
  sink: (_, f) => ({ take: item => (f(item), false), partial: () => undefined }),
  combine: () => undefined,
} as const
