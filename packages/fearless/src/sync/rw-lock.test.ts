/** Tests of RwLock: many readers or one writer, writer preference, upgrade and downgrade without a gap, and poison. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  DeadlockError,
  DroppedError,
  MovedError,
  Mutex,
  NotSendError,
  PoisonError,
  ReentrantMutex,
  RwLock,
  TimeoutError,
  drop,
  move,
  mpsc,
  select,
  sleep,
  thread,
  type ReadGuard,
  type WriteGuard,
} from 'fearless'
import { i32 } from '../../dist/internal.js'
import { RW_READERS, RW_UPGRADE, RW_WRITERS } from '../core/rw-lock.ts'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }
const BANG = new Error('bang')

/** Whether a wait queue of the lock has a waiter. */
function isAwaited(lock: unknown, queue: number): boolean {
  return Atomics.load(i32, ((lock as { thing: number }).thing + queue + 4) >> 2) !== 0
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await thread.yieldNow()
}

function read<T>(lock: RwLock<T>): ReadGuard<T>['value'] {
  using r = lock.read().wait()
  return r.value
}

test('readers share the lock and a writer has it alone', limit, () => {
  const lock = new RwLock(1)
  const a = lock.read().wait()
  const b = lock.read().wait()
  assert.equal(a.value + b.value, 2)
  assert.equal(lock.write().try(), undefined)
  drop(a)
  assert.equal(lock.write().try(), undefined)
  drop(b)
  const w = lock.write().wait()
  w.value = 5
  assert.equal(lock.read().try(), undefined)
  assert.equal(lock.write().try(), undefined)
  assert.equal(lock.upgradableRead().try(), undefined)
  drop(w)
  assert.equal(lock.read().wait().value, 5)
})

test('values of every type are read frozen and written back', limit, async () => {
  const lock = new Arc(new RwLock({ list: [1], by: new Map([['a', 1]]) }))
  {
    using r = await lock.read()
    const { value } = r
    assert.deepEqual(value.list, [1])
    assert.throws(() => (value.list as number[]).push(2), TypeError)
    using again = await lock.read()
    assert.equal(again.value, value, 'an unchanged value was decoded twice')
  }
  await thread
    .spawn(
      move(() => {
        using w = lock.write().wait()
        w.value.list.push(2)
      }),
    )
    .join()
  assert.deepEqual(read(lock).list, [1, 2])
  assert.deepEqual((await lock.update(v => ({ ...v, list: [] }))).list, [])
  assert.equal(lock.with(v => v.by.set('b', 2).size).wait(), 2)
  using r = await lock.read()
  assert.equal(r.value.by.get('b'), 2)
})

test('an error in `with` or `update` poisons the lock, and an error of a reader does not', limit, async () => {
  const lock = new RwLock(1)
  assert.throws(() => {
    using _r = lock.read().wait()
    throw BANG
  }, BANG)
  assert.throws(() => {
    using _u = lock.upgradableRead().wait()
    throw BANG
  }, BANG)
  assert.equal(lock.isPoisoned, false)
  for (const poison of [
    () => {
      using w = lock.write().wait()
      w.value = 2
      throw BANG
    },
    () => lock.with(() => assert.fail(BANG)).wait(),
    () => lock.update(() => assert.fail(BANG)).wait(),
  ]) {
    assert.throws(poison, BANG)
    assert.equal(lock.isPoisoned, true)
    for (const wait of [lock.read(), lock.write(), lock.upgradableRead(), lock.with(() => 1)]) {
      assert.throws(() => wait.try(), { code: 'FL0002' })
      assert.throws(() => wait.wait(), PoisonError)
      await assert.rejects(async () => wait, PoisonError)
      await assert.rejects(async () => wait.within(5), PoisonError)
    }
    try {
      lock.read().wait()
    } catch (error) {
      using r = (error as PoisonError<ReadGuard<number>>).guard
      assert.equal(r.value, 2)
    }
    try {
      await lock.write()
    } catch (error) {
      using w = (error as PoisonError<WriteGuard<number>>).guard
      w.value = 2
    }
    lock.clearPoison()
    assert.equal(read(lock), 2)
  }
})

test('as many readers as the heap has room for share the lock, also in one thread', limit, () => {
  const lock = new RwLock(1)
  const guards = Array.from({ length: 10_000 }, () => lock.read().wait())
  assert.equal(
    guards.reduce((sum, guard) => sum + guard.value, 0),
    10_000,
  )
  assert.equal(lock.write().try(), undefined)
  for (const guard of guards) drop(guard)
  assert.notEqual(lock.write().try(), undefined)
})

test('a waiting writer keeps new readers out and admits them when it gives up', limit, async () => {
  const lock = new Arc(new RwLock(0))
  const r = lock.read().wait()
  const writer = thread.spawn(
    move(() => {
      lock.update(n => n + 1).wait()
    }),
  )
  await until(() => isAwaited(lock, RW_WRITERS))
  assert.equal(lock.read().try(), undefined)
  // A second read would wait for the writer, which waits for our first read lock.
  assert.throws(() => lock.read().wait(), DeadlockError)
  const late = (async () => {
    using mine = await lock.read()
    return mine.value
  })()
  await until(() => isAwaited(lock, RW_READERS))
  drop(r)
  await writer.join()
  // A woken writer may be overtaken before it runs. The reader saw the value before or after the write.
  assert.ok([0, 1].includes(await late))

  const second = await lock.read()
  let isOver = false
  const impatient = assert.rejects(async () => lock.write().within(30), TimeoutError).finally(() => (isOver = true))
  // On a busy machine its time limit may pass before we check.
  await until(() => isOver || isAwaited(lock, RW_WRITERS))
  const reader = thread.spawn(move(() => lock.read().wait().value))
  await until(() => isOver || isAwaited(lock, RW_READERS))
  await impatient
  assert.equal(await reader.join(), 1)
  drop(second)
})

test('blocking on an RwLock that this thread holds throws DeadlockError', limit, () => {
  const lock = new RwLock(0)
  {
    using _w = lock.write().wait()
    for (const wait of [lock.read(), lock.write(), lock.upgradableRead(), lock.with(() => 1)])
      assert.throws(() => wait.wait(100), DeadlockError)
  }
  {
    using _r = lock.read().wait()
    assert.throws(() => lock.write().wait(), DeadlockError)
    drop(lock.read().wait())
    drop(lock.upgradableRead().wait())
  }
  {
    using u = lock.upgradableRead().wait()
    assert.throws(() => lock.upgradableRead().wait(), DeadlockError)
    assert.throws(() => lock.write().wait(), DeadlockError)
    using _r = lock.read().wait()
    assert.throws(() => u.upgrade().wait(), DeadlockError)
  }
  assert.equal(lock.isPoisoned, false)
})

test('a downgrade admits readers and no writer', limit, async () => {
  const lock = new Arc(new RwLock({ n: 0 }))
  const w = lock.write().wait()
  const reader = thread.spawn(move(() => lock.read().wait().value.n))
  await until(() => isAwaited(lock, RW_READERS))
  w.value.n = 7
  const r = w.downgrade()
  assert.equal(await reader.join(), 7)
  assert.equal(r.value.n, 7)
  assert.equal(lock.write().try(), undefined)
  assert.throws(() => w.value, DroppedError)
  assert.throws(() => w.downgrade(), DroppedError)
  end(w)
  assert.equal(lock.write().try(), undefined)
  drop(r)
  assert.equal(lock.write().wait().value.n, 7)
})

test('an upgrade waits for the readers, admits no writer in between, and can be given up', limit, async () => {
  const lock = new Arc(new RwLock(0))
  const r = lock.read().wait()
  const u = lock.upgradableRead().wait()
  assert.equal(lock.upgradableRead().try(), undefined)
  assert.equal(u.value, 0)
  assert.equal(u.upgrade().try(), undefined)
  await assert.rejects(async () => u.upgrade().within(5), TimeoutError)
  drop(lock.read().wait())
  const other = thread.spawn(move(() => lock.update(n => n * 10).wait()))
  await until(() => isAwaited(lock, RW_WRITERS))
  const upgraded = (async () => u.upgrade())()
  await until(() => isAwaited(lock, RW_UPGRADE))
  assert.equal(lock.read().try(), undefined)
  drop(r)
  const w = await upgraded
  assert.equal(w.value, 0)
  w.value = 1
  assert.throws(() => u.value, DroppedError)
  assert.throws(() => u.upgrade().try(), DroppedError)
  end(u)
  assert.equal(lock.read().try(), undefined)
  drop(w)
  assert.equal(await other.join(), 10)
})

test('no reader sees a half written pair, with readers and writers in threads', limit, async () => {
  const lock = new Arc(new RwLock({ a: 0, b: 0 }))
  const inside = new AtomicI32(0)
  const writers = [0, 1].map(id =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 1500; i++) {
          if (i % 3 === id) {
            using u = lock.upgradableRead().wait()
            const { a } = u.value
            using w = u.upgrade().wait()
            if (w.value.a !== a) throw new Error('another thread wrote in between')
            w.value.a++
            w.value.b++
          } else {
            const w = lock.write().wait()
            if (inside.fetchAdd(1) !== 0) throw new Error('another thread is inside')
            w.value.a++
            w.value.b++
            inside.fetchSub(1)
            if (i % 2 === 0) drop(w)
            else drop(w.downgrade())
          }
        }
      }),
    ),
  )
  const readers = [0, 1, 2].map(() =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 3000; i++) {
          using r = lock.read().wait()
          if (inside.load() !== 0) throw new Error('a writer is inside')
          if (r.value.a !== r.value.b) throw new Error('half written')
        }
      }),
    ),
  )
  for (let i = 0; i < 1000; i++) {
    using r = await lock.read()
    assert.equal(r.value.a, r.value.b)
  }
  for (const t of [...writers, ...readers]) await t.join()
  assert.deepEqual(lock.read().wait().value, { a: 3000, b: 3000 })
})

test('time limits that pass at any moment lose no wake-up', limit, async () => {
  const lock = new Arc(new RwLock(0))
  const threads = Array.from({ length: 3 }, (_, id) =>
    thread.spawn(
      move(() => {
        let wrote = 0
        for (let i = 0; i < 2000; i++) {
          try {
            if ((i + id) % 3 === 0) {
              using w = lock.write().wait(((i * 7 + id) % 5) / 10)
              w.value++
              wrote++
            } else drop(lock.read().wait(((i * 7 + id) % 5) / 10))
          } catch (error) {
            if ((error as Error).name !== 'TimeoutError') throw error
          }
        }
        return wrote
      }),
    ),
  )
  let wrote = 0
  for (let i = 0; i < 300; i++) {
    const got = await select({ w: lock.write(), r: lock.read(), late: sleep(1) })
    if (got.key === 'w') {
      got.value.value++
      wrote++
    }
    if (got.key !== 'late') drop(got.value)
  }
  for (const t of threads) wrote += await t.join()
  assert.equal(lock.read().wait().value, wrote)
  assert.equal(
    [RW_READERS, RW_WRITERS, RW_UPGRADE].some(queue => isAwaited(lock, queue)),
    false,
  )
})

test('a thread that ends with guards releases its read locks and poisons its write lock', limit, async () => {
  const lock = new Arc(new RwLock(1))
  await thread
    .spawn(
      move(() => {
        lock.read().wait()
        lock.read().wait()
        lock.upgradableRead().wait()
      }),
    )
    .join()
  assert.equal(lock.isPoisoned, false)
  assert.equal(lock.write().wait(0).value, 1)
  for (const how of ['ends', 'throws', 'exits'] as const) {
    const poisoned = new Arc(new RwLock(1))
    const t = thread.spawn(
      move(() => {
        const w = poisoned.write().wait()
        w.value = 2
        if (how === 'throws') throw new Error('bang')
        if (how === 'exits') process.exit(1)
      }),
    )
    await t.join().then(
      () => {},
      () => {},
    )
    assert.equal(poisoned.isPoisoned, true, how)
    poisoned.clearPoison()
    assert.equal(await poisoned.update(n => n + 1), 3, how)
  }
})

test('a wait whose thread ends, or whose handle is dropped, delays no other waiter', limit, async () => {
  const lock = new Arc(new RwLock(0))
  const r = lock.read().wait()
  // This thread registers in the writers' queue and ends.
  await thread
    .spawn(
      move(async () => {
        void lock.write().then(() => {})
        await sleep(1)
      }),
    )
    .join()
  drop(lock.read().wait())
  const other = Arc.clone(lock)
  const gone = assert.rejects(async () => other.write(), DroppedError)
  await until(() => isAwaited(lock, RW_WRITERS))
  const late = (async () => lock.read())()
  await until(() => isAwaited(lock, RW_READERS))
  drop(other)
  await gone
  drop(await late)
  drop(r)
  const own = new RwLock(1)
  const t = thread.spawn(move(() => own.read().wait().value))
  assert.equal(await t.join(), 1)
  assert.throws(() => own.read().try(), MovedError)
})

test('getMut and intoInner succeed only for the sole owner', limit, () => {
  const lock = new RwLock({ n: 1 })
  {
    using g = lock.getMut()
    g.value.n = 2
    assert.throws(() => lock.getMut(), DeadlockError)
  }
  const r = lock.read().wait()
  assert.throws(() => lock.intoInner(), DeadlockError)
  drop(r)
  const arc = new Arc(lock)
  const other = Arc.clone(arc)
  assert.throws(() => arc.getMut(), { code: 'FL0015' })
  assert.throws(() => arc.intoInner(), { code: 'FL0015' })
  end(other)
  assert.throws(() => lock.with(() => assert.fail(BANG)).wait(), BANG)
  assert.throws(() => lock.intoInner(), PoisonError)
  lock.clearPoison()
  assert.deepEqual(lock.intoInner(), { n: 2 })
  assert.throws(() => lock.read().try(), DroppedError)
})

test('an RwLock accepts handles that several threads can own, and refuses other handles', limit, async () => {
  const hits = new AtomicI32(0)
  const lock = new Arc(new RwLock({ hits, m: new Mutex([1]) }))
  const threads = [0, 1].map(() =>
    thread.spawn(
      move(() => {
        using r = lock.read().wait()
        r.value.hits.fetchAdd(1)
        r.value.m.with(v => v.push(2)).wait()
      }),
    ),
  )
  for (const t of threads) await t.join()
  assert.equal(hits.load(), 2)
  assert.equal(lock.read().wait().value.m.lock().wait().value.length, 3)
  const [tx, rx] = mpsc.channel<number>()
  assert.throws(() => new RwLock({ tx } as never), NotSendError)
  tx.send(1)
  assert.equal(await rx.recv(), 1)
  const holder = new RwLock<unknown>(1 as never)
  assert.throws(() => holder.update(() => rx as never).wait(), NotSendError)
})

test('downgrading an upgradable reader admits readers and no writer in between', limit, async () => {
  const lock = new Arc(new RwLock({ n: 1 }))
  const u = lock.upgradableRead().wait()
  const other = thread.spawn(move(() => lock.upgradableRead().wait().value.n))
  await until(() => isAwaited(lock, RW_READERS))
  const r = u.downgrade()
  assert.equal(await other, 1)
  assert.equal(r.value.n, 1)
  assert.equal(lock.write().try(), undefined)
  assert.throws(() => u.value, DroppedError)
  assert.throws(() => u.downgrade(), DroppedError)
  assert.throws(() => u.upgrade().try(), DroppedError)
  end(u)
  assert.equal(lock.write().try(), undefined)
  drop(r)
  assert.equal(lock.write().wait().value.n, 1)
})

test('downgrading its reader ends a waiting upgrade and delays no other waiter', limit, async () => {
  const lock = new RwLock(0)
  const other = lock.read().wait()
  const u = lock.upgradableRead().wait()
  const upgraded = u.upgrade().then(
    () => 'upgraded',
    (error: unknown) => (error as Error).name,
  )
  await until(() => isAwaited(lock, RW_UPGRADE))
  const r = u.downgrade()
  assert.equal(await upgraded, 'DroppedError')
  drop(await lock.read())
  drop(r)
  drop(other)
  drop(await lock.write())
})

test('isLocked and isLockedExclusive report holders and writers', limit, () => {
  const lock = new RwLock(0)
  const states = (): boolean[] => [lock.isLocked, lock.isLockedExclusive]
  assert.deepEqual(states(), [false, false])
  {
    using _r = lock.read().wait()
    assert.deepEqual(states(), [true, false])
  }
  {
    using _u = lock.upgradableRead().wait()
    assert.deepEqual(states(), [true, false])
  }
  {
    using _w = lock.write().wait()
    assert.deepEqual(states(), [true, true])
  }
  assert.deepEqual(states(), [false, false])
  for (const mutex of [new Mutex(1), new ReentrantMutex(1)]) {
    assert.equal(mutex.isLocked, false)
    {
      using _g = mutex.lock().wait()
      assert.equal(mutex.isLocked, true)
    }
    assert.equal(mutex.isLocked, false)
  }
})
