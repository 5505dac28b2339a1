/** `map`: replaces each item by the answer of a function. */
import type { Adaptor } from './op.ts'
import { functionPart } from './part.ts'

export const map: Adaptor = {
  name: 'map',
  parts: [functionPart],
  text(code, next) {
    const mapped = code.unique('v')
    return `${code.call(mapped, `${code.step()}(${code.item})`)}\n${next(mapped)}`
  },
  sink: (next, f) => ({ take: item => next.take(f(item)), flush: () => next.flush?.() }),
} as const
