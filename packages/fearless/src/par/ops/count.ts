/** `count`: counts the items. */
import type { ItemConsumer } from './op.ts'

export const count: ItemConsumer = {
  name: 'count',
  parts: [],
  text({ before, after }) {
    before('let acc = 0')
    after('return acc')
    return 'acc++'
  },
  sink() {
    let acc = 0
    return { take: () => (acc++, false), partial: () => acc }
  },
  combine: partials => partials.reduce((a: number, b) => a + (b as number), 0),
} as const
