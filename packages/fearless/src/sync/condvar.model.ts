/**
 * News: whoever waits for it holds the lock before and after, no news is lost between a look at the value and the sleep,
 * and a notification that reaches one who gives up goes to the next.
 */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import type { Condvar } from './condvar.ts'
import type { Mutex } from './mutex.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** A number of things to take, and news when there are more of them. */
interface Store {
  readonly things: Mutex<number>
  readonly news: Condvar
}

type Act = (life: Life, store: Store) => void

function newStore({ Condvar, Mutex }: Life): Store {
  return { things: new Mutex(0), news: new Condvar() }
}

function takes({ end }: Life, { things, news }: Store): void {
  const guard = news.until(things.lock().wait(), value => value > 0).wait()
  expect(guard.value > 0, 'it went on though the condition does not hold')
  guard.value -= 1
  end(guard)
}

/** The same, unless nothing comes in time. */
function takesInTime({ end, TimeoutError }: Life, { things, news }: Store): void {
  const held = things.lock().wait()
  try {
    news.until(held, value => value > 0).wait(1)
    held.value -= 1
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    expect(held.value === 0, 'it gave up though there was something')
  }
  // With the lock in either case.
  end(held)
}

/** Tells one while it holds the lock, which whoever it wakes then waits for. */
function brings({ end }: Life, { things, news }: Store): void {
  const guard = things.lock().wait()
  guard.value += 1
  news.notifyOne()
  end(guard)
}

function bringsTwice(life: Life, store: Store): void {
  brings(life, store)
  brings(life, store)
}

/** Tells all when it has released the lock, each time that it brings so many. */
function bringsForAll(...counts: readonly number[]): Act {
  return ({ end }, { things, news }) => {
    for (const count of counts) {
      const guard = things.lock().wait()
      guard.value += count
      end(guard)
      news.notifyAll()
    }
  }
}

function meeting(name: string, acts: readonly Act[], preemptions: number): Model<Life> {
  const givesUp = acts.includes(takesInTime)
  return {
    name,
    threads: acts.length,
    operations: 1,
    preemptions,
    program: life => () => {
      life.settle()
      const store = newStore(life)
      life.play(...acts.map(act => () => act(life, store)))
      const guard = store.things.lock().try()
      expect(guard !== undefined, 'somebody has the lock still')
      expect(guard!.value === 0 || (givesUp && guard!.value === 1), 'something was lost')
    },
  }
}

/** Without a condition: a wait ends for news, or when its time is over, and holds the lock then. */
const once: Model<Life> = {
  name: 'a wait without a condition is notified, or its time is over',
  threads: 2,
  operations: 1,
  preemptions: 2,
  program: life => () => {
    life.settle()
    const { end, play, TimeoutError } = life
    const { things, news } = newStore(life)
    play(
      () => {
        const held = things.lock().wait()
        const before = held.value
        try {
          news.until(held).wait(1)
          expect(before === 0 && held.value === 1, 'it went on without news')
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error
        }
        held.value += 1
        end(held)
      },
      () => brings(life, { things, news }),
    )
    expect(things.lock().wait().value === 2, 'an increment was lost')
  },
}

/** One that waits dies, in line or when it has the lock again: the other has its news, or hears that the lock is poisoned. */
function dying(preemptions: number): Model<Life> {
  return {
    name: 'one of two that wait dies',
    threads: 3,
    operations: 1,
    preemptions,
    program: life => () => {
      life.settle()
      const store = newStore(life)
      const mayBePoisoned = (act: Act) => (): void => {
        try {
          act(life, store)
        } catch (error) {
          if (!(error instanceof life.PoisonError)) throw error
          // Who would have brought news brings this.
          store.news.notifyAll()
        }
      }
      life.playWith(
        1,
        [takes, takes, bringsForAll(2)].map(act => () => mayBePoisoned(act)),
      )
      mayBePoisoned(() => {
        const guard = store.things.lock().try()
        expect(guard !== undefined, 'somebody has the lock still')
        expect(guard!.value === 0 || guard!.value === 1, 'not as many are left as nobody took')
      })()
    },
  }
}

export default {
  of: 'sync/condvar.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...meeting('one waits, one brings news', [takes, brings], 2),
      twins: [
        {
          name: 'releases the lock before it stands in line',
          file: 'core/condvar.ts',
          from: '  enterQueue(self, condvar + CONDVAR_LINE, waiter)\n  mutexUnlock(self, mutex)\n',
          to: '  mutexUnlock(self, mutex)\n  enterQueue(self, condvar + CONDVAR_LINE, waiter)\n',
        },
      ],
    },
    {
      ...meeting('two wait, one brings for both', [takes, takes, bringsForAll(2)], 1),
      twins: [
        {
          name: 'wakes one and not all',
          file: 'core/condvar.ts',
          from: '  const woken = wakeAll(self, condvar + CONDVAR_LINE)\n',
          to: '  const woken = wakeOne(self, condvar + CONDVAR_LINE)\n',
        },
      ],
    },
    {
      ...meeting('two wait, one tells both of what is for one', [takes, takes, bringsForAll(1, 1)], 1),
      twins: [
        {
          name: 'does not ask again when it was woken',
          file: 'sync/condvar.ts',
          from: '    } else if (holds(this.#condition(this.#guard.value))) return this.#guard\n',
          to: '    } else if (this.#hasWaited || holds(this.#condition(this.#guard.value))) return this.#guard\n',
        },
      ],
    },
    {
      ...meeting('two wait, one tells one at a time', [takes, takes, bringsTwice], 1),
      twins: [
        {
          name: 'goes on without the lock',
          file: 'sync/condvar.ts',
          from: '      if (locked === 0) return PENDING\n',
          to: '',
        },
      ],
    },
    meeting('two wait, two bring news', [takes, takes, brings, brings], 0),
    {
      ...meeting('one gives up, one waits, one brings news', [takesInTime, takes, bringsTwice], 1),
      twins: [
        {
          name: 'gives up though it was woken for what it wants',
          file: 'sync/condvar.ts',
          from: '    this.#isOver = true\n',
          to: "    this.#isOver = true\n    if (this.#hasWaited && now() >= this.#end) throw new TimeoutError('late')\n",
        },
      ],
    },
    {
      ...once,
      twins: [
        {
          name: 'does not notice that its time is over',
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
          name: 'the reaper frees the lock and wakes nobody',
          file: 'core/mutex.ts',
          from: '  store(mutex + MUTEX_LOCK, 0)\n  wakeOne(self, mutex + MUTEX_QUEUE)\n}',
          to: '  store(mutex + MUTEX_LOCK, 0)\n}',
        },
      ],
    },
    ...[
      meeting('one waits, one brings news', [takes, brings], 3),
      meeting('two wait, two bring news', [takes, takes, brings, brings], 1),
      dying(1),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
