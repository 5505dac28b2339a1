/**
 * Model of the atomics that are loops in the core: each is one atomic step, so the result equals that of some
 * sequential order.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** An atomic with a start value, and one change per thread: its implementation and its specification. */
interface Case {
  readonly start: number
  load(): number
  /** Returns the previous value; `undefined` if nothing was changed. */
  readonly changes: readonly { does(): number | undefined; means(before: number): number | undefined }[]
}

/** Returns the final value and the values that the threads saw, if the changes run in this order. */
function inOrder({ start, changes }: Case, order: readonly number[]): string {
  let value = start
  const seen: number[] = []
  for (const i of order) {
    const next = changes[i].means(value)
    seen[i] = next === undefined ? -1 : value
    value = next ?? value
  }
  return `${value}: ${seen.join(' ')}`
}

function orders(count: number): number[][] {
  if (count === 0) return [[]]
  const last = count - 1
  return orders(last).flatMap(order => Array.from({ length: count }, (_, at) => order.toSpliced(at, 0, last)))
}

function changing(name: string, threads: number, make: (life: Life) => Case): DescribedModel<Life> {
  return {
    name,
    threads,
    operations: 1,
    program: life => () => {
      life.loadThreadVariables()
      const { core, runThreads, self } = life
      const each = make(life)
      const seen = core.allocate(self, 64)
      runThreads(
        ...each.changes.map(
          ({ does }, i) =>
            () =>
              core.wordStore(seen + 4 * i, does() ?? -1),
        ),
      )
      const all = each.changes.map((_, i) => core.wordLoad(seen + 4 * i))
      const outcome = `${each.load()}: ${all.join(' ')}`
      const possible = orders(threads).map(order => inOrder(each, order))
      assertInvariant(possible.includes(outcome), `got ${outcome}`)
    },
  }
}

const narrow = changing('two threads add and wrap around within 8 bits', 2, ({ AtomicI8 }) => {
  const atomic = new AtomicI8(0)
  const add = { does: () => atomic.fetchAdd(100), means: (before: number) => ((before + 100) << 24) >> 24 }
  return { start: 0, load: () => atomic.load(), changes: [add, add] }
})

const nand = changing('two threads store a NAND', 2, ({ AtomicU8 }) => {
  const atomic = new AtomicU8(0b1100)
  const changes = [0b1010, 0b0110].map(value => ({
    does: () => atomic.fetchNand(value),
    means: (before: number) => ~(before & value) & 0xff,
  }))
  return { start: 0b1100, load: () => atomic.load(), changes }
})

const largest = changing('two threads store a maximum, one stores a minimum', 3, ({ AtomicI32 }) => {
  const atomic = new AtomicI32(5)
  const changes = [
    { does: () => atomic.fetchMax(7), means: (before: number) => Math.max(before, 7) },
    { does: () => atomic.fetchMax(9), means: (before: number) => Math.max(before, 9) },
    { does: () => atomic.fetchMin(6), means: (before: number) => Math.min(before, 6) },
  ]
  return { start: 5, load: () => atomic.load(), changes }
})

const updating = changing('two threads update by a function, a third gives up', 3, ({ AtomicI32 }) => {
  const atomic = new AtomicI32(1)
  const triple = (value: number): number => value * 3
  const addToOne = (value: number): number | undefined => (value === 1 ? value + 1 : undefined)
  const changes = [triple, triple, addToOne].map(means => ({ does: () => atomic.fetchUpdate(means), means }))
  return { start: 1, load: () => atomic.load(), changes }
})

const doubles = changing('two threads add to a double', 2, ({ AtomicF64 }) => {
  const atomic = new AtomicF64(0)
  const add = { does: () => atomic.fetchAdd(2), means: (before: number) => before + 2 }
  return { start: 0, load: () => atomic.load(), changes: [add, add] }
})

const twin = (name: string, file: string, from: string, to: string): Twin => ({ name, file, from, to })
const core = 'core/atomic.ts'

export default {
  source: 'sync/atomic.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...narrow,
      twins: [
        twin(
          'adds by a load and a store',
          core,
          '    if (cas(at, seen, within(seen + value, shift, signed)) == seen) return seen\n',
          '    store(at, within(seen + value, shift, signed))\n    return seen\n',
        ),
      ],
    },
    {
      ...nand,
      twins: [
        twin(
          'stores by a load and a store',
          core,
          '    if (cas(at, seen, within(~(seen & value), shift, signed)) == seen) return seen\n',
          '    store(at, within(~(seen & value), shift, signed))\n    return seen\n',
        ),
      ],
    },
    {
      ...largest,
      twins: [
        twin(
          "does not compare again after another thread's change",
          core,
          '    if ((seen ^ flip) >= (value ^ flip) || cas(at, seen, value) == seen) return seen\n',
          '    if ((seen ^ flip) >= (value ^ flip)) return seen\n    store(at, value)\n    return seen\n',
        ),
      ],
    },
    {
      ...updating,
      twins: [
        twin(
          'computes once and stores that result',
          'sync/atomic.ts',
          '      if (found === seen) return seen\n      seen = found\n',
          '      if (found === seen) return seen\n      this.store(next)\n      return seen\n',
        ),
      ],
    },
    {
      ...doubles,
      twins: [
        twin(
          'adds by a load and a store',
          core,
          '    if (sameFloat(casFloat(at, seen, onlyNaN(seen + value)), seen) != 0) return seen\n',
          '    storeFloat(at, onlyNaN(seen + value))\n    return seen\n',
        ),
      ],
    },
  ],
} satisfies ModelFile<Life>
