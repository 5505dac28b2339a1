/** `inspect`: calls a function with each item and hands the item on. */
import type { Adaptor } from './op.ts'
import { functionPart } from './part.ts'

export const inspect: Adaptor = {
  name: 'inspect',
  parts: [functionPart],
  text: (code, next) => `${code.call(code.unique('given'), `${code.step()}(${code.item})`)}\n${next(code.item)}`,
  sink: (next, f) => ({ take: item => (f(item), next.take(item)), flush: () => next.flush?.() }),
} as const
