/**
 * Tests of Condvar: a waiter releases the lock and holds it afterwards, and no notification is lost before its sleep.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  Condvar,
  DroppedError,
  Mutex,
  PoisonError,
  TimeoutError,
  drop,
  move,
  select,
  sleep,
  thread,
} from 'fearless'
import { i32 } from '../../dist/internal.js'
import { CONDVAR_QUEUE } from '../core/condvar.ts'
import { MUTEX_QUEUE } from '../core/mutex.ts'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }

function isAwaited(condvar: Condvar, line = CONDVAR_QUEUE): boolean {
  return Atomics.load(i32, ((condvar as unknown as { thing: number }).thing + line + 4) >> 2) !== 0
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await thread.yieldNow()
}

test('until checks the condition first, releases the lock while it waits, and holds it afterwards', limit, async () => {
  const [m, cv] = [new Arc(new Mutex({ n: 0 })), new Condvar()]
  using g = m.lock().wait()
  cv.until(g, v => v.n === 0).wait()
  await cv.until(g, v => v.n === 0)
  assert.equal(cv.until(g, v => v.n === 1).try(), undefined)
  assert.equal(cv.until(g, v => v.n === 0).try(), g)
  assert.equal(g.value.n, 0)
  const t = thread.spawn(
    move(() => {
      m.with(v => void (v.n = 1)).wait()
      return cv.notifyOne()
    }),
  )
  g.value.n = 5
  await cv.until(g, v => v.n === 1)
  assert.equal(g.value.n, 1)
  assert.equal(m.lock().try(), undefined)
  assert.ok((await t.join()) <= 1)
})

test(
  'until without a condition waits for one notification, and a notification without a waiter is lost',
  limit,
  async () => {
    const [m, cv] = [new Arc(new Mutex(0)), new Condvar()]
    assert.equal(cv.notifyOne(), 0)
    assert.equal(cv.notifyAll(), 0)
    using g = m.lock().wait()
    assert.throws(() => cv.until(g).wait(5), TimeoutError)
    const t = thread.spawn(
      move(() => {
        let woken = 0
        while (woken === 0) {
          using _g = m.lock().wait()
          woken = cv.notifyOne()
        }
        return woken
      }),
    )
    cv.until(g).wait()
    assert.equal(g.value, 0)
    assert.equal(await t.join(), 1)
  },
)

test(
  'notifyOne wakes the first waiter, notifyAll wakes all in FIFO order, and both return their number',
  limit,
  async () => {
    const [m, cv] = [new Mutex(0), new Condvar()]
    const order: number[] = []
    const waits = [0, 1, 2, 3].map(async i => {
      using g = await m.lock()
      await cv.until(g)
      order.push(i)
      await thread.yieldNow()
    })
    for (let i = 0; i < 20; i++) await thread.yieldNow()
    assert.equal(cv.notifyOne(), 1)
    await until(() => order.length === 1)
    assert.equal(cv.notifyAll(), 3)
    await Promise.all(waits)
    assert.deepEqual(order, [0, 1, 2, 3])
    assert.equal(cv.notifyAll(), 0)
  },
)

test('a time limit ends the wait with the lock held, however long other threads hold it', limit, async () => {
  const [m, cv] = [new Arc(new Mutex(0)), new Condvar()]
  using g = m.lock().wait()
  for (const wait of [cv.until(g, n => n > 0), cv.until(g)]) {
    assert.throws(() => wait.wait(2), TimeoutError)
    g.value = 0
    await assert.rejects(async () => wait.within(2), TimeoutError)
    g.value = 0
    assert.throws(() => wait.wait(0), TimeoutError)
    g.value = 0
  }
  assert.equal(isAwaited(cv), false)
  const go = new AtomicI32(0)
  const t = thread.spawn(
    move(() => {
      using held = m.lock().wait()
      held.value = 7
      go.store(1)
      while (go.load() !== 2) sleep(1).wait()
    }),
  )
  await until(() => isAwaited(m as unknown as Condvar, MUTEX_QUEUE))
  const late = assert.rejects(async () => cv.until(g, n => n > 9).within(300), TimeoutError)
  await until(() => go.load() === 1)
  await sleep(330)
  assert.throws(() => g.value, DroppedError)
  go.store(2)
  await late
  assert.equal(g.value, 7)
  await t.join()
})

test('a condition that has become true does not time out', limit, async () => {
  const [m, cv] = [new Arc(new Mutex(0)), new Condvar()]
  using g = m.lock().wait()
  const t = thread.spawn(move(() => void m.update(() => 1).wait()))
  await until(() => isAwaited(m as unknown as Condvar, MUTEX_QUEUE))
  // No thread notifies: the condition is checked again when the time limit passes.
  cv.until(g, n => n === 1).wait(200)
  assert.equal(g.value, 1)
  await t.join()
})

test('a panic during the wait is reported when the lock is acquired again', limit, async () => {
  const [m, cv] = [new Arc(new Mutex(0)), new Condvar()]
  const g = m.lock().wait()
  const t = thread.spawn(
    move(() => {
      try {
        m.with(() => {
          throw new Error('bang')
        }).wait()
      } catch {
        cv.notifyAll()
      }
    }),
  )
  await assert.rejects(async () => cv.until(g, n => n > 0), PoisonError)
  await t.join()
  assert.throws(() => g.value, DroppedError)
  m.clearPoison()
  assert.equal(m.lock().try()?.value, 0)
})

test('a condition that throws leaves the lock held', limit, async () => {
  const [m, cv] = [new Arc(new Mutex(0)), new Condvar()]
  using g = m.lock().wait()
  const bang = (): boolean => assert.fail('bang')
  assert.throws(() => cv.until(g, bang).wait(), { message: 'bang' })
  g.value = 1
  const t = thread.spawn(
    move(() => {
      m.update(() => 2).wait()
      cv.notifyOne()
    }),
  )
  await assert.rejects(async () => cv.until(g, n => (n === 2 ? assert.fail('bang') : false)), { message: 'bang' })
  assert.equal(g.value, 2)
  await t.join()
})

test('one Condvar serves several Mutexes', limit, async () => {
  const cv = new Condvar()
  const all = new Arc({ cv, a: new Mutex(0), b: new Mutex(0) })
  const waiting = [0, 1].map(i =>
    thread.spawn(
      move(() => {
        const { a, b, cv: news } = all.value
        using g = (i === 0 ? a : b).lock().wait()
        return news.until(g, n => n > 0).wait().value
      }),
    ),
  )
  all.value.a.update(() => 1).wait()
  all.value.b.update(() => 2).wait()
  all.value.cv.notifyAll()
  assert.deepEqual([await waiting[0].join(), await waiting[1].join()], [1, 2])
})

test('until refuses a released guard and a dropped Condvar', limit, async () => {
  const [m, cv] = [new Arc(new Mutex(0)), new Condvar()]
  const g = m.lock().wait()
  end(g)
  assert.throws(() => cv.until(g).wait(), DroppedError)
  assert.throws(() => cv.until(g, () => false).try(), DroppedError)
  const held = m.lock().wait()
  const gone = assert.rejects(async () => cv.until(held, n => n > 0), DroppedError)
  await until(() => isAwaited(cv))
  drop(cv)
  await gone
  assert.equal(m.lock().try()?.value, 0)
})

test('the winning arm of a select holds the lock and a losing arm has released it', limit, async () => {
  const [m, cv] = [new Arc(new Mutex(0)), new Condvar()]
  const g = m.lock().wait()
  const lost = await select({ news: cv.until(g, n => n > 0), late: sleep(5) })
  assert.equal(lost.key, 'late')
  assert.throws(() => g.value, DroppedError)
  assert.equal(isAwaited(cv), false)
  using h = m.lock().wait()
  const t = thread.spawn(
    move(() => {
      m.update(() => 1).wait()
      cv.notifyAll()
    }),
  )
  const won = await select({ news: cv.until(h, n => n > 0), late: sleep(10_000) })
  assert.equal(won.key, 'news')
  assert.equal(h.value, 1)
  await t.join()
})

test('a queue of two Condvars between threads delivers every item once', limit, async () => {
  const queue = new Arc({ items: new Mutex<number[]>([]), filled: new Condvar(), freed: new Condvar() })
  const producers = [0, 1].map(id =>
    thread.spawn(
      move(() => {
        const { items, filled, freed } = queue.value
        for (let i = 0; i < 1000; i++) {
          using g = items.lock().wait()
          freed.until(g, list => list.length < 4).wait()
          g.value.push(id * 1000 + i)
          filled.notifyOne()
        }
      }),
    ),
  )
  const consumers = [0, 1].map(() =>
    thread.spawn(
      move(() => {
        const { items, filled, freed } = queue.value
        const got: number[] = []
        while (got.length < 1000) {
          using g = items.lock().wait()
          filled.until(g, list => list.length > 0).wait()
          got.push(g.value.shift()!)
          freed.notifyOne()
        }
        return got
      }),
    ),
  )
  const all = (await Promise.all(consumers.map(c => c.join()))).flat()
  for (const p of producers) await p.join()
  assert.deepEqual(
    all.sort((a, b) => a - b),
    Array.from({ length: 2000 }, (_, i) => i),
  )
})
