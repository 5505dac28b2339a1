/**
 * `find` and `findAny`: an item for which a function is true. `find` gives the first one in order, so a match cancels
 * only the chunks after it. The partial result of a chunk is `[item]`, or undefined for a chunk without a match.
 */
import type { Code, ItemConsumer } from './op.ts'
import { functionPart, type Step } from './part.ts'

type Partial = readonly [unknown] | undefined

export const find: ItemConsumer = {
  name: 'find',
  parts: [functionPart],
  text: textOf,
  sink: (_, f) => sinkOf(f),
  combine: firstMatch,
  decides: partial => partial !== undefined,
  keepsEarlier: true,
} as const

export const findAny: ItemConsumer = {
  name: 'findAny',
  parts: [functionPart],
  text: textOf,
  sink: (_, f) => sinkOf(f),
  combine: firstMatch,
  decides: partial => partial !== undefined,
} as const

function textOf(code: Code): string {
  return `${code.call('is', `${code.step()}(${code.item})`)}\nif (is) return [${code.item}]`
}

function sinkOf(f: Step) {
  let match: Partial
  return {
    take: (item: unknown) => (f(item) ? ((match = [item]), true) : false),
    partial: () => match,
  }
}

function firstMatch(partials: readonly unknown[]): unknown {
  return (partials.find(partial => partial !== undefined) as Partial)?.[0]
}
