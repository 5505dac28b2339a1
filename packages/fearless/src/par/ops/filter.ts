/** `filter`: keeps the items for which a function is true. */
import type { Adaptor } from './op.ts'
import { functionPart } from './part.ts'

export const filter: Adaptor = {
  name: 'filter',
  parts: [functionPart],
  text(code, next) {
    const is = code.unique('is')
    return `${code.call(is, `${code.step()}(${code.item})`)}\nif (!${is}) ${code.skip}\n${next(code.item)}`
  },
  sink: (next, f) => ({ take: item => (f(item) ? next.take(item) : false), flush: () => next.flush?.() }),
} as const
