/**
 * Model of lockAll: threads that lock in different orders all make progress, also beside a thread that locks one by
 * one.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function crossing(threads: number, mortals: number, preemptions?: number): DescribedModel<Life> {
  return {
    name: mortals === 0 ? 'two threads lock two locks in opposite orders' : 'a thread that holds two locks dies',
    threads,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const a = new life.Mutex(0)
      const b = new life.Mutex(0)
      const body = (k: number) => (): void => {
        let guards
        try {
          guards = (k % 2 === 0 ? life.lockAll(a, b) : life.lockAll(b, a)).wait()
        } catch (error) {
          if (mortals > 0 && error instanceof life.PoisonError) return
          throw error
        }
        const [first, second] = guards
        assertInvariant(mortals > 0 || first.value === second.value, 'one lock was held without the other')
        first.value += 1
        second.value += 1
        life.dropResource(guards)
      }
      life.runThreadsWithDeaths(
        mortals,
        Array.from({ length: threads }, (_, k) => () => body(k)),
      )
      if (mortals > 0) for (const lock of [a, b]) lock.clearPoison()
      const sum = [a, b].map(lock => lock.lock().try())
      assertInvariant(
        sum.every(guard => guard !== undefined && (mortals > 0 || guard.value === threads)),
        'a lock is still held, or a change was lost',
      )
    },
  }
}

/** The other thread locks one by one, in the order that could deadlock. */
function byHand(preemptions?: number): DescribedModel<Life> {
  return {
    name: 'beside a thread that locks one by one',
    threads: 2,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const a = new life.Mutex(0)
      const b = new life.Mutex(0)
      life.runThreads(
        () => life.dropResource(life.lockAll(a, b).wait()),
        () => {
          const first = b.lock().wait()
          const second = a.lock().wait()
          life.dropResource(second)
          life.dropResource(first)
        },
      )
      assertInvariant(a.lock().try() !== undefined && b.lock().try() !== undefined, 'a lock is still held')
    },
  }
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'sync/lock-all.ts', from, to })

const keepsTheFirst = twin(
  'keeps its locks while it waits for another, in the order of the arguments',
  `      for (const at of this.#order) {
        if (at in guards) continue
        const guard = this.#attempts[at].tryComplete()
        if (guard === PENDING) {
          this.#held = at
          releaseAll(guards, Symbol.dispose)
          return PENDING
        }
        guards[at] = guard
      }
`,
  `      const had = this as unknown as { kept?: AnyGuard[] }
      had.kept ??= []
      Object.assign(had.kept, guards)
      guards = had.kept
      for (const at of this.#order.toSorted()) {
        if (at in guards) continue
        const guard = this.#attempts[at].tryComplete()
        if (guard === PENDING) {
          this.#held = at
          return PENDING
        }
        guards[at] = guard
      }
`,
)

export default {
  source: 'sync/lock-all.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...crossing(2, 0, 2),
      twins: [keepsTheFirst],
    },
    { ...byHand(2), twins: [keepsTheFirst] },
    { ...crossing(2, 1, 1) },
    { ...crossing(3, 0, 1), deep: true },
  ],
} satisfies ModelFile<Life>
