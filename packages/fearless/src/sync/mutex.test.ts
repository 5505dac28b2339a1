/** Tests of Mutex: mutual exclusion between threads and tasks, blocking or yielding, and no lost wake-up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  DeadlockError,
  DroppedError,
  MovedError,
  Mutex,
  PoisonError,
  TimeoutError,
  drop,
  move,
  mpsc,
  thread,
} from 'fearless'
import { i32 } from '../../dist/internal.js'
import { MUTEX_QUEUE } from '../core/mutex.ts'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }

/** Whether the wait queue of a lock has a waiter. */
function isAwaited(mutex: unknown): boolean {
  return Atomics.load(i32, ((mutex as { thing: number }).thing + MUTEX_QUEUE + 4) >> 2) !== 0
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await thread.yieldNow()
}

test('try acquires a free lock and returns undefined for a held one', limit, () => {
  const m = new Mutex(1)
  const g = m.lock().wait()
  assert.equal(m.lock().try(), undefined)
  assert.throws(() => m.lock().wait(0), TimeoutError)
  drop(g)
  const again = m.lock().try()
  assert.equal(again?.value, 1)
  drop(again)
})

test('four threads add 100,000 each without a lost update', limit, async () => {
  const m = new Arc(new Mutex(0))
  const threads = Array.from({ length: 4 }, () =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 100_000; i++) {
          using n = m.lock().wait()
          n.value += 1
        }
      }),
    ),
  )
  for (const t of threads) await t.join()
  using n = await m.lock()
  assert.equal(n.value, 400_000)
})

test('main awaits a lock that threads block on, by guard, update and with', limit, async () => {
  const m = new Arc(new Mutex({ count: 0, seen: [] as number[] }))
  const threads = [0, 1].map(id =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 3000; i++) {
          if (i % 3 === 0) m.with(v => void v.count++).wait()
          else if (i % 3 === 1) m.update(v => ({ ...v, count: v.count + 1 })).wait()
          else {
            using g = m.lock().wait()
            g.value.count++
            if (i % 300 === 299) g.value.seen.push(id)
          }
        }
      }),
    ),
  )
  for (let i = 0; i < 3000; i++) {
    using g = await m.lock()
    g.value.count++
  }
  for (const t of threads) await t.join()
  using g = m.lock().wait()
  assert.equal(g.value.count, 9000)
  assert.equal(g.value.seen.length, 20)
})

test('at most one thread is in the critical section', limit, async () => {
  const [m, inside] = [new Arc(new Mutex(0)), new AtomicI32(0)]
  const threads = Array.from({ length: 3 }, () =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 20_000; i++) {
          using g = m.lock().wait()
          if (inside.fetchAdd(1) !== 0) throw new Error('two threads inside')
          g.value++
          inside.fetchSub(1)
        }
      }),
    ),
  )
  for (const t of threads) await t.join()
})

test(
  'blocking on a lock that this thread holds throws DeadlockError, with and without a limit, in main and in a thread',
  limit,
  async () => {
    const m = new Arc(new Mutex(0))
    {
      using _g = m.lock().wait()
      assert.throws(() => m.lock().wait(), DeadlockError)
      assert.throws(() => m.lock().wait(1000), DeadlockError)
      assert.throws(() => m.update(n => n + 1).wait(), DeadlockError)
    }
    assert.throws(() => m.with(() => m.lock().wait()).wait(), DeadlockError)
    assert.equal(m.isPoisoned, true)
    const own = new Arc(new Mutex(0))
    await assert.rejects(
      async () =>
        thread
          .spawn(
            move(() => {
              using _g = own.lock().wait()
              own.lock().wait()
            }),
          )
          .join(),
      { name: 'DeadlockError', code: 'FL0009' },
    )
  },
)

test('tasks of one event loop acquire a lock in FIFO order', limit, async () => {
  const m = new Mutex(0)
  const order: number[] = []
  await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      using g = await m.lock()
      const before = g.value
      await thread.yieldNow()
      g.value = before + 1
      order.push(i)
    }),
  )
  assert.deepEqual(
    order,
    Array.from({ length: 50 }, (_, i) => i),
  )
  assert.equal(m.lock().wait().value, 50)
})

test(
  'a lock acquired in one turn of the event loop and released in another wakes a blocked thread',
  limit,
  async () => {
    const m = new Arc(new Mutex('a'))
    const g = await m.lock()
    const t = thread.spawn(
      move(() => {
        using mine = m.lock().wait()
        return mine.value
      }),
    )
    await until(() => isAwaited(m))
    g.value = 'b'
    drop(g)
    assert.equal(await t.join(), 'b')
  },
)

test('every waiter acquires the lock although another thread barges', limit, async () => {
  const m = new Arc(new Mutex(0))
  const stop = new AtomicI32(0)
  // Acquires the lock again and again, and never waits long.
  const greedy = thread.spawn(
    move(() => {
      while (stop.load() === 0) m.update(n => n + 1).wait()
    }),
  )
  const modest = Array.from({ length: 3 }, () =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 200; i++) m.update(n => n + 1).wait()
      }),
    ),
  )
  for (let i = 0; i < 200; i++) await m.update(n => n + 1)
  for (const t of modest) await t.join()
  stop.store(1)
  await greedy.join()
})

test(
  'a time limit ends the wait and unregisters the waiter, and a limit of 0 acquires a free lock',
  limit,
  async () => {
    const m = new Arc(new Mutex(0))
    drop(m.lock().wait(0))
    drop(await m.lock().within(0))
    const g = m.lock().wait()
    await assert.rejects(async () => m.lock().within(20), TimeoutError)
    await assert.rejects(async () => m.lock().within(0), TimeoutError)
    const t = thread.spawn(
      move(() => {
        try {
          m.lock().wait(20)
        } catch (error) {
          return (error as Error).name
        }
        return ''
      }),
    )
    assert.equal(await t.join(), 'TimeoutError')
    assert.equal(isAwaited(m), false)
    drop(g)
    drop(m.lock().wait())
  },
)

test('time limits that pass while the lock is handed over lose no wake-up', limit, async () => {
  const m = new Arc(new Mutex(0))
  const threads = Array.from({ length: 3 }, (_, id) =>
    thread.spawn(
      move(() => {
        let taken = 0
        for (let i = 0; i < 3000; i++) {
          try {
            using g = m.lock().wait(((i * 7 + id) % 5) / 10)
            g.value++
            taken++
          } catch (error) {
            if ((error as Error).name !== 'TimeoutError') throw error
          }
        }
        return taken
      }),
    ),
  )
  let own = 0
  for (let i = 0; i < 500; i++) {
    try {
      using g = await m.lock().within((i % 3) / 2)
      g.value++
      own++
      await thread.yieldNow()
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
    }
  }
  let taken = own
  for (const t of threads) taken += await t.join()
  using g = await m.lock()
  assert.equal(g.value, taken)
  assert.equal(isAwaited(m), false)
})

test('dropping or moving a lock fails the task that waits for it and wakes the next waiter', limit, async () => {
  const m = new Arc(new Mutex(0))
  const second = Arc.clone(m)
  const g = m.lock().wait()
  const waits = [assert.rejects(async () => second.lock(), DroppedError), (async () => drop(await m.lock()))()]
  await until(() => isAwaited(m))
  // In this turn the first waiter is woken and its handle is dropped. The event loop learns of both later.
  drop(g)
  end(second)
  await Promise.all(waits)
  assert.throws(() => second.lock().try(), DroppedError)
  end(second)

  const own = new Mutex(0)
  const held = own.lock().wait()
  const pending = assert.rejects(async () => own.lock(), MovedError)
  const t = thread.spawn(move(() => drop(own.lock().wait())))
  await pending
  drop(held)
  await t.join()
  assert.throws(() => own.lock().try(), MovedError)
})

test('a Mutex without an Arc is moved into a thread and comes back through a channel', limit, async () => {
  const [tx, rx] = mpsc.channel<Mutex<number>>()
  const m = new Mutex(1)
  await thread
    .spawn(
      move(() => {
        m.update(n => n + 1).wait()
        tx.send(m)
      }),
    )
    .join()
  assert.throws(() => m.lock().try(), MovedError)
  const back = await rx.recv()
  assert.equal(await back.update(n => n + 1), 3)
})

test('getMut and intoInner succeed only for the sole owner', limit, async () => {
  const m = new Mutex({ n: 1 })
  {
    using g = m.getMut()
    g.value.n = 2
    assert.throws(() => m.getMut(), DeadlockError)
    assert.throws(() => m.intoInner(), DeadlockError)
  }
  const arc = new Arc(m)
  const other = Arc.clone(arc)
  assert.throws(() => arc.getMut(), { name: 'SharedError', code: 'FL0015' })
  assert.throws(() => arc.intoInner(), { code: 'FL0015' })
  end(other)
  const weak = Arc.downgrade(arc)
  assert.throws(() => m.with(() => assert.fail('bang')).wait(), { message: 'bang' })
  assert.throws(() => m.intoInner(), PoisonError)
  assert.throws(() => m.getMut(), PoisonError)
  m.clearPoison()
  assert.deepEqual(m.intoInner(), { n: 2 })
  assert.equal(weak.upgrade(), undefined)
  assert.throws(() => m.lock().try(), DroppedError)
  // The handle inside the value is moved out with it.
  const [tx, rx] = mpsc.channel<number>()
  const inner = new Mutex(tx).intoInner()
  inner.send(1)
  assert.equal(await rx.recv(), 1)
})

test('update returns the new value and with returns the result of its function', limit, async () => {
  const m = new Mutex(20)
  assert.equal(await m.update(n => n + 1), 21)
  assert.equal(m.with(n => `${n}`).wait(), '21')
  assert.equal(m.update(n => n * 2).try(), 42)
  const g = m.lock().wait()
  assert.equal(m.update(n => n * 2).try(), undefined)
  drop(g)
  assert.equal(m.lock().wait().value, 42)
})

test('a Wait for a lock does nothing until it is waited for, and can be waited for again', limit, async () => {
  const m = new Mutex(0)
  const lock = m.lock()
  const add = m.update(n => n + 1)
  assert.equal(m.lock().try()?.value, 0)
  await assert.rejects(async () => lock.within(5), TimeoutError)
  assert.equal(add.try(), undefined)
})
