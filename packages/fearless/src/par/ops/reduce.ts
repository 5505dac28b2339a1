/** `reduce`: combines all items with an associative function, which also combines the partial results of chunks. */
import { accumulatorOnlyReads } from './fold.ts'
import type { ItemConsumer } from './op.ts'
import { functionPart, initialPart, refusing } from './part.ts'

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
  combine(partials, steps) {
    const f = refusing('reduce', steps[steps.length - 1])
    return partials.reduce((a, b) => f(a, b))
  },
  valueIn: partial => partial,
} as const
