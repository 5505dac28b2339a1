/** `any` and `all`: whether a function is true for at least one item, or for each of them. */
import type { ItemConsumer } from './op.ts'
import { functionPart } from './part.ts'

export const any: ItemConsumer = {
  name: 'any',
  parts: [functionPart],
  text(code) {
    code.after('return false')
    return `${code.call('is', `${code.step()}(${code.item})`)}\nif (is) return true`
  },
  sink(_, f) {
    let found = false
    return { take: item => (f(item) ? (found = true) : false), partial: () => found }
  },
  combine: partials => partials.some(partial => partial === true),
  decides: partial => partial === true,
} as const

export const all: ItemConsumer = {
  name: 'all',
  parts: [functionPart],
  text(code) {
    code.after('return true')
    return `${code.call('is', `${code.step()}(${code.item})`)}\nif (!is) return false`
  },
  sink(_, f) {
    let holds = true
    return { take: item => (f(item) ? false : !(holds = false)), partial: () => holds }
  },
  combine: partials => partials.every(partial => partial !== false),
  decides: partial => partial === false,
} as const
