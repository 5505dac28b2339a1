/**
 * Tests of Semaphore: the number of permits, FIFO order, and permits that are returned, forgotten, moved, or lost with
 * a thread.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  ClosedError,
  DroppedError,
  MovedError,
  NotSendError,
  Semaphore,
  TimeoutError,
  drop,
  move,
  select,
  sleep,
  thread,
  type SemaphorePermit,
} from 'fearless'
import { i32 } from '../../dist/internal.js'
import { SEMAPHORE_QUEUE } from '../core/semaphore.ts'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }

function isAwaited(semaphore: Semaphore): boolean {
  return Atomics.load(i32, ((semaphore as unknown as { thing: number }).thing + SEMAPHORE_QUEUE + 4) >> 2) !== 0
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await thread.yieldNow()
}

test('permits are acquired, returned, forgotten and added', limit, async () => {
  const s = new Semaphore(3)
  const two = s.acquire(2).wait()
  assert.equal(two.permits, 2)
  assert.equal(s.availablePermits, 1)
  assert.equal(s.acquire(2).try(), undefined)
  assert.throws(() => s.acquire(2).wait(0), TimeoutError)
  const one = await s.acquire()
  assert.equal(s.acquire().try(), undefined)
  const none = s.acquire(0).try()!
  assert.equal(none.permits, 0)
  end(two)
  end(two)
  assert.equal(s.availablePermits, 2)
  assert.throws(() => two.permits, DroppedError)
  one.forget()
  assert.throws(() => one.forget(), DroppedError)
  assert.equal(s.availablePermits, 2)
  s.addPermits(5)
  assert.equal(s.availablePermits, 7)
  {
    using _all = s.acquire(7).wait()
    assert.equal(s.availablePermits, 0)
  }
  assert.equal(s.availablePermits, 7)
  end(none)
})

test('an invalid number of permits throws RangeError', limit, () => {
  const s = new Semaphore(1)
  for (const n of [-1, 0.5, NaN, Infinity, 2 ** 31, '1' as never]) {
    assert.throws(() => new Semaphore(n), RangeError)
    assert.throws(() => s.acquire(n), RangeError)
    assert.throws(() => s.addPermits(n), RangeError)
  }
  assert.throws(() => s.addPermits(2 ** 31 - 1), RangeError)
})

test('a waiter for many permits delays later waiters for few', limit, async () => {
  const s = new Semaphore(2)
  const first = s.acquire().wait()
  const order: string[] = []
  const big = (async () => {
    using _p = await s.acquire(2)
    order.push('big')
  })()
  await until(() => isAwaited(s))
  const small = (async () => {
    using _p = await s.acquire(1)
    order.push('small')
  })()
  await thread.yieldNow()
  // One permit is available, but another waiter was first.
  assert.equal(s.availablePermits, 1)
  assert.equal(s.acquire().try(), undefined)
  end(first)
  await Promise.all([big, small])
  assert.deepEqual(order, ['big', 'small'])
})

test('later waiters are served when the waiter for many permits gives up', limit, async () => {
  const s = new Semaphore(1)
  let isOver = false
  const big = assert.rejects(async () => s.acquire(2).within(20), TimeoutError).finally(() => (isOver = true))
  // On a busy machine its time limit may pass before we check.
  await until(() => isOver || isAwaited(s))
  const small = thread.spawn(move(() => s.acquire(1).wait().permits))
  await big
  assert.equal(await small.join(), 1)
  await until(() => s.availablePermits === 1)
  // No permit is lost by a time limit, by a select, or by the end of the waiter's thread.
  await thread
    .spawn(
      move(async () => {
        void s.acquire(2).then(() => {})
        await sleep(1)
      }),
    )
    .join()
  assert.equal((await select({ many: s.acquire(2), late: sleep(2) })).key, 'late')
  assert.equal(s.acquire(1).wait().permits, 1)
})

test('close ends the waits and leaves acquired permits valid', limit, async () => {
  const s = new Semaphore(1)
  const p = s.acquire().wait()
  const awaited = assert.rejects(async () => s.acquire(), ClosedError)
  const t = thread.spawn(
    move(() => {
      try {
        s.acquire().wait()
      } catch (error) {
        return (error as Error).name
      }
      return ''
    }),
  )
  await until(() => isAwaited(s))
  assert.equal(s.isClosed, false)
  s.close()
  s.close()
  await awaited
  assert.equal(await t.join(), 'ClosedError')
  assert.equal(s.isClosed, true)
  assert.throws(() => s.acquire().try(), ClosedError)
  assert.equal(p.permits, 1)
  end(p)
  assert.equal(s.availablePermits, 1)
})

test('a permit moves to another thread and is returned when that thread ends', limit, async () => {
  const s = new Semaphore(2)
  const p = s.acquire(2).wait()
  const t = thread.spawn(move(() => p.permits))
  assert.throws(() => p.permits, MovedError)
  assert.equal(await t.join(), 2)
  assert.equal(s.availablePermits, 2)
  for (const how of ['ends', 'throws', 'exits'] as const) {
    const dies = thread.spawn(
      move(() => {
        s.acquire(2).wait()
        if (how === 'throws') throw new Error('bang')
        if (how === 'exits') process.exit(1)
      }),
    )
    await dies.join().then(
      () => {},
      () => {},
    )
    assert.equal(s.availablePermits, 2, how)
  }
  // The permit outlives the semaphore's handle.
  const last = s.acquire().wait()
  end(s)
  assert.throws(() => s.acquire().try(), DroppedError)
  assert.equal(last.permits, 1)
  end(last)
})

test('a permit belongs to one thread', limit, () => {
  const s = new Semaphore(1)
  const p: SemaphorePermit = s.acquire().wait()
  assert.throws(() => Arc.clone(new Arc(p as never)), NotSendError)
  assert.equal(p.permits, 1)
})

test('threads and tasks never hold more permits than there are, with limits and selects', limit, async () => {
  const s = new Semaphore(3)
  const [inside, most] = [new AtomicI32(0), new AtomicI32(0)]
  const threads = [0, 1, 2].map(id =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 2000; i++) {
          const wanted = 1 + ((i + id) % 3)
          try {
            using _p = i % 2 === 0 ? s.acquire(wanted).wait() : s.acquire(wanted).wait(((i * 7) % 5) / 10)
            most.fetchMax(inside.fetchAdd(wanted) + wanted)
            inside.fetchSub(wanted)
          } catch (error) {
            if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error
          }
        }
      }),
    ),
  )
  for (let i = 0; i < 300; i++) {
    const got = await select({ p: s.acquire(1 + (i % 3)), late: sleep(1) })
    if (got.key === 'p') drop(got.value)
  }
  for (const t of threads) await t.join()
  assert.ok(most.load() <= 3)
  assert.equal(s.availablePermits, 3)
  assert.equal(isAwaited(s), false)
})

test('split and merge neither lose nor duplicate a permit', limit, async () => {
  const s = new Semaphore(5)
  const four = await s.acquire(4)
  assert.equal(four.split(5), undefined)
  const one = four.split(1)!
  const none = four.split(0)!
  assert.deepEqual([four.permits, one.permits, none.permits, s.availablePermits], [3, 1, 0, 1])
  end(one)
  assert.equal(s.availablePermits, 2)
  const two = four.split(2)!
  assert.equal(await thread.spawn(move(() => two.permits)).join(), 2)
  await until(() => s.availablePermits === 4)
  assert.equal(four.permits, 1)
  const more = await s.acquire(3)
  four.merge(more)
  assert.deepEqual([four.permits, s.availablePermits], [4, 1])
  assert.throws(() => more.permits, DroppedError)
  end(more)
  four.merge(none)
  end(four)
  assert.equal(s.availablePermits, 5)
  assert.throws(() => four.split(1), DroppedError)
})

test('merge refuses a permit of another semaphore and the permit itself', limit, async () => {
  const [a, b] = [new Semaphore(1), new Semaphore(1)]
  const [mine, other] = [await a.acquire(), await b.acquire()]
  assert.throws(() => mine.merge(other), TypeError)
  assert.throws(() => mine.merge(mine), TypeError)
  for (const n of [-1, 0.5, NaN, '1' as never]) assert.throws(() => mine.split(n), RangeError)
  assert.deepEqual([mine.permits, other.permits], [1, 1])
})

test('threads that split, merge, move and drop permits leave their number unchanged', limit, async () => {
  const s = new Semaphore(6)
  const handles = [0, 1, 2].map(id =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 400; i++) {
          const all = s.acquire(3).wait()
          const part = all.split((i + id) % 4)!
          if (i % 3 === 0) part.merge(all)
          else all[Symbol.dispose]()
          if (i % 50 === 0) throwAway(part)
          else part[Symbol.dispose]()
        }
        function throwAway(permit: SemaphorePermit): void {
          thread.spawn(p => p.permits, permit)
        }
      }),
    ),
  )
  await Promise.all(handles)
  await until(() => s.availablePermits === 6)
})
