/**
 * Model of Condvar.
 *
 * - A waiter holds the lock before and after its wait.
 * - No notification is lost between checking the condition and sleeping.
 * - A notification that reaches a waiter which gives up goes to the next waiter.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import type { Condvar } from './condvar.ts'
import type { Mutex } from './mutex.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** A number of items, and a condition variable that announces new ones. */
interface Store {
  readonly things: Mutex<number>
  readonly news: Condvar
}

type Act = (life: Life, store: Store) => void

function newStore({ Condvar, Mutex }: Life): Store {
  return { things: new Mutex(0), news: new Condvar() }
}

function takes({ dropResource }: Life, { things, news }: Store): void {
  const guard = news.until(things.lock().wait(), value => value > 0).wait()
  assertInvariant(guard.value > 0, 'the wait ended although the condition does not hold')
  guard.value -= 1
  dropResource(guard)
}

/** Takes an item, or gives up when the time limit passes. */
function takesInTime({ dropResource, TimeoutError }: Life, { things, news }: Store): void {
  const held = things.lock().wait()
  try {
    news.until(held, value => value > 0).wait(1)
    held.value -= 1
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    assertInvariant(held.value === 0, 'the wait timed out although there was an item')
  }
  // The lock is held in either case.
  dropResource(held)
}

/** Adds an item and notifies while it holds the lock, so the woken thread then waits for the lock. */
function brings({ dropResource }: Life, { things, news }: Store): void {
  const guard = things.lock().wait()
  guard.value += 1
  news.notifyOne()
  dropResource(guard)
}

function bringsTwice(life: Life, store: Store): void {
  brings(life, store)
  brings(life, store)
}

/** Adds the given numbers of items one after the other, and notifies all waiters after each release of the lock. */
function bringsForAll(...counts: readonly number[]): Act {
  return ({ dropResource }, { things, news }) => {
    for (const count of counts) {
      const guard = things.lock().wait()
      guard.value += count
      dropResource(guard)
      news.notifyAll()
    }
  }
}

function notifying(name: string, acts: readonly Act[], preemptions: number): DescribedModel<Life> {
  const givesUp = acts.includes(takesInTime)
  return {
    name,
    threads: acts.length,
    operations: 1,
    preemptions,
    program: life => () => {
      life.loadThreadVariables()
      const store = newStore(life)
      life.runThreads(...acts.map(act => () => act(life, store)))
      const guard = store.things.lock().try()
      assertInvariant(guard !== undefined, 'the lock is still held')
      assertInvariant(guard!.value === 0 || (givesUp && guard!.value === 1), 'an item was lost')
    },
  }
}

/** Without a condition, a wait ends by a notification or by its time limit, and holds the lock in both cases. */
const once: DescribedModel<Life> = {
  name: 'a wait without a condition is notified or times out',
  threads: 2,
  operations: 1,
  preemptions: 2,
  program: life => () => {
    life.loadThreadVariables()
    const { dropResource, runThreads, TimeoutError } = life
    const { things, news } = newStore(life)
    runThreads(
      () => {
        const held = things.lock().wait()
        const before = held.value
        try {
          news.until(held).wait(1)
          assertInvariant(before === 0 && held.value === 1, 'the wait ended without a notification')
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error
        }
        held.value += 1
        dropResource(held)
      },
      () => brings(life, { things, news }),
    )
    assertInvariant(things.lock().wait().value === 2, 'an increment was lost')
  },
}

/** One waiter dies, in the wait queue or with the lock. The other gets its notification, or a `PoisonError`. */
function dying(preemptions: number): DescribedModel<Life> {
  return {
    name: 'one of two waiters dies',
    threads: 3,
    operations: 1,
    preemptions,
    program: life => () => {
      life.loadThreadVariables()
      const store = newStore(life)
      const mayBePoisoned = (act: Act) => (): void => {
        try {
          act(life, store)
        } catch (error) {
          if (!(error instanceof life.PoisonError)) throw error
          // A thread that failed to add items notifies the others, so that they see the poison.
          store.news.notifyAll()
        }
      }
      life.runThreadsWithDeaths(
        1,
        [takes, takes, bringsForAll(2)].map(act => () => mayBePoisoned(act)),
      )
      mayBePoisoned(() => {
        const guard = store.things.lock().try()
        assertInvariant(guard !== undefined, 'the lock is still held')
        assertInvariant(guard!.value === 0 || guard!.value === 1, 'the number of remaining items is wrong')
      })()
    },
  }
}

export default {
  source: 'sync/condvar.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...notifying('one thread waits, one notifies', [takes, brings], 2),
      twins: [
        {
          name: 'releases the lock before it registers the waiter',
          file: 'core/condvar.ts',
          from: '  registerWaiter(self, condvar + CONDVAR_QUEUE, waiter)\n  mutexUnlock(self, mutex)\n',
          to: '  mutexUnlock(self, mutex)\n  registerWaiter(self, condvar + CONDVAR_QUEUE, waiter)\n',
        },
      ],
    },
    {
      ...notifying('two threads wait, one notifies both', [takes, takes, bringsForAll(2)], 1),
      twins: [
        {
          name: 'wakes one waiter instead of all',
          file: 'core/condvar.ts',
          from: '  const woken = wakeAll(self, condvar + CONDVAR_QUEUE)\n',
          to: '  const woken = wakeOne(self, condvar + CONDVAR_QUEUE)\n',
        },
      ],
    },
    {
      ...notifying('two threads wait, one notifies both of a single item', [takes, takes, bringsForAll(1, 1)], 1),
      twins: [
        {
          name: 'does not check the condition again after a wake-up',
          file: 'sync/condvar.ts',
          from: '    } else if (holds(this.#condition(this.#guard.value))) return this.#guard\n',
          to: '    } else if (this.#hasWaited || holds(this.#condition(this.#guard.value))) return this.#guard\n',
        },
      ],
    },
    {
      ...notifying('two threads wait, one notifies one at a time', [takes, takes, bringsTwice], 1),
      twins: [
        {
          name: 'continues without the lock',
          file: 'sync/condvar.ts',
          from: '      if (locked === 0) return PENDING\n',
          to: '',
        },
      ],
    },
    notifying('two threads wait, two notify', [takes, takes, brings, brings], 0),
    {
      ...notifying('one thread times out, one waits, one notifies', [takesInTime, takes, bringsTwice], 1),
      twins: [
        {
          name: 'times out although it was woken for an item',
          file: 'sync/condvar.ts',
          from: '    this.#isOver = true\n',
          to: "    this.#isOver = true\n    if (this.#hasWaited && monotonicNow() >= this.#end) throw new TimeoutError('late')\n",
        },
      ],
    },
    {
      ...once,
      twins: [
        {
          name: 'does not notice that its time limit has passed',
          file: 'sync/condvar.ts',
          from: '    this.#isLate ||= this.#state === WAITING && this.#isUp()\n',
          to: '',
        },
      ],
    },
    {
      ...dying(0),
      twins: [
        {
          name: 'the reaper frees the lock and wakes no waiter',
          file: 'core/mutex.ts',
          from: '  store(mutex + MUTEX_LOCK, 0)\n  wakeOne(self, mutex + MUTEX_QUEUE)\n}',
          to: '  store(mutex + MUTEX_LOCK, 0)\n}',
        },
      ],
    },
    ...[
      notifying('one thread waits, one notifies', [takes, brings], 3),
      notifying('two threads wait, two notify', [takes, takes, brings, brings], 1),
      dying(1),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
