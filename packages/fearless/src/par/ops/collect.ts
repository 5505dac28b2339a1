/**
 * `collect`: all items in order. The loop writes them to its `Output`: numbers to packed memory as long as all items
 * were numbers and there is room, the items after them to an array.
 */
import type { ItemConsumer } from './op.ts'

export const collect: ItemConsumer = {
  name: 'collect',
  parts: [],
  collects: true,
  text({ item, packs, before, after }) {
    if (!packs) {
      before('const rest = output.rest')
      return `rest.push(${item})`
    }
    before('const { packed, end } = output; let at = output.at, rest')
    after('output.at = at; output.rest = rest')
    return `if (rest === undefined && typeof ${item} === 'number' && at < end) packed[at++] = ${item}; else (rest ??= []).push(${item})`
  },
  sink: output => ({ take: item => ((output.rest ??= []).push(item), false), partial: () => undefined }),
  combine: () => undefined,
} as const
