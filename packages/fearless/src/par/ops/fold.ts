/** `fold`: folds the items of each chunk into an accumulator, which it hands on after the last item of the chunk. */
import type { Adaptor } from './op.ts'
import { BUT_FIRST, functionPart, initialPart, isProven, type Part } from './part.ts'
import { PROVEN_READS } from '../../thread/closure/closure.ts'

export const fold: Adaptor = {
  name: 'fold',
  parts: [initialPart, functionPart],
  onlyReads: accumulatorOnlyReads,
  text(code, next) {
    const sum = code.unique('a')
    code.before(`let ${sum} = ${code.step()}()`)
    const text = `${sum} = ${code.step()}(${sum}, ${code.item})`
    code.after(`refuse('fold', ${sum})`)
    // The accumulator of a second fold is handed on after this one.
    code.after(() => {
      const label = code.unique('t')
      const leave = `break ${label}`
      return `${label}: {\n${next(sum, { skip: leave, stop: leave })}\n}`
    })
    return text
  },
  sink(next, initial, f) {
    let sum = initial()
    return {
      take(item) {
        sum = f(sum, item)
        return false
      },
      flush() {
        next.take(sum)
        next.flush?.()
      },
    }
  },
} as const

/**
 * Whether a function with an accumulator, as those of `fold` and `reduce`, changes no loan. It may change the
 * accumulator if that is new in each chunk and the function puts no loan in its place.
 */
export function accumulatorOnlyReads([initial, f]: readonly Part[]): boolean {
  if (!isProven(initial, PROVEN_READS.captures)) return false
  return isProven(f) || (isProven(f, BUT_FIRST | PROVEN_READS.ownResult) && isProven(initial, PROVEN_READS.ownResult))
}
