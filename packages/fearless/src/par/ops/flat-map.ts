/** `flatMap`: replaces each item by the elements of an array, in order. */
import type { Adaptor } from './op.ts'
import { functionPart } from './part.ts'

export const flatMap: Adaptor = {
  name: 'flatMap',
  parts: [functionPart],
  text(code, next) {
    const all = code.unique('all')
    const element = code.unique('v')
    return [
      `const ${all} = ${code.step()}(${code.item})`,
      `if (!Array.isArray(${all})) refuse('flatMap', ${all})`,
      `for (const ${element} of ${all}) {`,
      next(element, { skip: 'continue' }),
      '}',
    ].join('\n')
  },
  sink: (next, f) => ({
    take(item) {
      for (const element of f(item) as Iterable<unknown>) if (next.take(element)) return true
      return false
    },
    flush: () => next.flush?.(),
  }),
} as const
