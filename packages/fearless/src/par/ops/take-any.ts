/**
 * `takeAny`: hands on the first `n` items to come, in time, and then ends the work.
 *
 * All threads of a run count down one atomic. A compiled loop also reads it before the first item of a chunk: with
 * nothing left to take, it runs no item of the chunk. A plain loop ends at the first item that reaches this operation.
 */
import { describe } from '../../describe.ts'
import { AtomicI32 } from '../../sync/atomic.ts'
import { defineFactory, type Factory } from '../../thread/closure/factory.ts'
import type { Adaptor } from './op.ts'
import { libraryPart, type LibraryFactory, type PartOfRun } from './part.ts'

/** The largest number of an AtomicI32. The count ends below 0: each loop that finds it at 0 decrements it once more. */
const MAX_LIMIT = 0x7fff_ffff

const URL = 'fearless:take-any'

export const takeAny: Adaptor = {
  name: 'takeAny',
  parts: [limitPart],
  text(code, next) {
    const take = code.step()
    if (code.isInLoop) code.before(`open &&= ${take}(true)`)
    return `if (!${take}(false)) ${code.stop}\n${next(code.item)}`
  },
  sink: (next, take) => ({ take: item => (take(false) ? next.take(item) : true), flush: () => next.flush?.() }),
} as const

/** Takes one item from the count. Returns false if none is left. With `peeks` it only reads the count. */
const taking: LibraryFactory = captures => {
  const left = captures[0] as AtomicI32
  return (peeks: boolean) => (peeks ? left.load() > 0 : left.fetchSub(1) > 0)
}
defineFactory(URL, taking as Factory)

function limitPart(limit: number): PartOfRun {
  if (Number.isInteger(limit) && limit >= 0 && limit <= MAX_LIMIT) {
    return {
      open() {
        const left = new AtomicI32(limit)
        return { part: libraryPart(URL, taking, [left], 'left'), handle: left }
      },
    }
  }
  throw new RangeError(
    `\`takeAny\` expects a whole number from 0 to ${MAX_LIMIT}, got ${describe(limit)}. Pass such a number.`,
  )
}
