/**
 * `min`, `max`, `minBy`, `maxBy`: the smallest or the largest item. Among equal items it is the first smallest, and the
 * last largest, as in Rust. The partial result of a chunk is `[item]`, or undefined for a chunk without items.
 */
import type { Code, ConsumerSink, ItemConsumer } from './op.ts'
import { functionPart, refusing, type Step } from './part.ts'

type Partial = readonly [unknown] | undefined
/** Whether a later item replaces the best one so far. */
type Replaces = (best: unknown, item: unknown) => boolean

const isLess: Replaces = (best, item) => (item as number) < (best as number)
const isNotLess: Replaces = (best, item) => (item as number) >= (best as number)
const isGreaterBy =
  (compare: Step): Replaces =>
  (best, item) =>
    (compare(best, item) as number) > 0
const isNotGreaterBy =
  (compare: Step): Replaces =>
  (best, item) =>
    (compare(best, item) as number) <= 0

export const min: ItemConsumer = {
  name: 'min',
  parts: [],
  text: code => comparing(code, '<'),
  sink: () => sinkOf(isLess),
  combine: partials => bestOf(partials as readonly Partial[], isLess),
} as const

export const max: ItemConsumer = {
  name: 'max',
  parts: [],
  text: code => comparing(code, '>='),
  sink: () => sinkOf(isNotLess),
  combine: partials => bestOf(partials as readonly Partial[], isNotLess),
} as const

export const minBy: ItemConsumer = {
  name: 'minBy',
  parts: [functionPart],
  text: code => calling(code, 'minBy', '>'),
  sink: (_, compare) => sinkOf(isGreaterBy(compare)),
  combine: (partials, steps) =>
    bestOf(partials as readonly Partial[], isGreaterBy(refusing('minBy', steps[steps.length - 1]))),
  valueIn: partial => (partial as Partial)?.[0],
} as const

export const maxBy: ItemConsumer = {
  name: 'maxBy',
  parts: [functionPart],
  text: code => calling(code, 'maxBy', '<='),
  sink: (_, compare) => sinkOf(isNotGreaterBy(compare)),
  combine: (partials, steps) =>
    bestOf(partials as readonly Partial[], isNotGreaterBy(refusing('maxBy', steps[steps.length - 1]))),
  valueIn: partial => (partial as Partial)?.[0],
} as const

function declare({ before, after }: Code): void {
  before('let has = false, acc')
  after('return has ? [acc] : undefined')
}

function comparing(code: Code, operator: string): string {
  const { item } = code
  declare(code)
  return `if (!has || ${item} ${operator} acc) { has = true; acc = ${item} }`
}

function calling(code: Code, name: string, operator: string): string {
  const { item } = code
  declare(code)
  return [
    'if (has) {',
    `const by = ${code.step()}(acc, ${item})`,
    `if (typeof by === 'object') refuse('${name}', by)`,
    `if (by ${operator} 0) acc = ${item}`,
    `} else { has = true; acc = ${item} }`,
  ].join('\n')
}

function sinkOf(replaces: Replaces): ConsumerSink {
  let best: Partial
  return {
    take(item) {
      if (best === undefined || replaces(best[0], item)) best = [item]
      return false
    },
    partial: () => best,
  }
}

function bestOf(partials: readonly Partial[], replaces: Replaces): unknown {
  let best: Partial
  for (const partial of partials) {
    if (partial !== undefined && (best === undefined || replaces(best[0], partial[0]))) best = partial
  }
  return best?.[0]
}
