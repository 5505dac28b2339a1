/** `reduce`: combines all items with an associative function, which also combines the partial results of chunks. */
import { refuseAsync } from '../../sync/lock-snapshot.ts'
import { accumulatorOnlyReads } from './fold.ts'
import type { ItemConsumer } from './op.ts'
import { functionPart, initialPart } from './part.ts'

export const reduce: ItemConsumer = {
  name: 'reduce',
  parts: [initialPart, functionPart],
  onlyReads: accumulatorOnlyReads,
  text(code) {
    code.before(`let acc = ${code.step()}()`)
    code.after("refuse('reduce', acc)")
    code.after('return acc')
    return `acc = ${code.step()}(acc, ${code.item})`
  },
  sink(_, initial, f) {
    let acc = initial()
    return { take: item => ((acc = f(acc, item)), false), partial: () => acc }
  },
  combine: (partials, steps) =>
    partials.reduce((a, b) => {
      const combined = steps[steps.length - 1](a, b)
      refuseAsync('reduce', combined)
      return combined
    }),
  valueIn: partial => partial,
} as const
