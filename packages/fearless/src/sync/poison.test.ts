/** Tests of poison: after a holder threw, or its thread ended, every later attempt to lock learns of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, AtomicI32, Mutex, PoisonError, drop, move, thread, type Guard, type JoinHandle } from 'fearless'
import { allocate, i32 } from '../../dist/internal.js'
import { MUTEX_QUEUE } from '../core/mutex.ts'

const limit = { timeout: 20_000 }
const BANG = new Error('bang')

function isAwaited(mutex: unknown): boolean {
  return Atomics.load(i32, ((mutex as { thing: number }).thing + MUTEX_QUEUE + 4) >> 2) !== 0
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await thread.yieldNow()
}

function lockOf(f: () => unknown): PoisonError<Guard<number>> {
  try {
    f()
  } catch (error) {
    assert.ok(error instanceof PoisonError)
    return error as PoisonError<Guard<number>>
  }
  return assert.fail('the lock is not poisoned')
}

test('only an error that leaves a `using` block poisons the lock', limit, async () => {
  const m = new Mutex(1)
  assert.throws(() => {
    using g = m.lock().wait()
    g.value = 2
    throw BANG
  }, BANG)
  assert.equal(m.isPoisoned, true)
  // The value is not rolled back.
  const error = lockOf(() => m.lock().wait())
  assert.equal(error.code, 'FL0002')
  {
    using g = error.guard
    assert.equal(g.value, 2)
    g.value = 3
  }
  // The poison stays until it is cleared.
  lockOf(() => m.lock().try())
  await assert.rejects(async () => m.lock(), PoisonError)
  await assert.rejects(async () => m.lock().within(10), PoisonError)
  lockOf(() => m.update(n => n).wait())
  lockOf(() => m.with(n => n).try())
  m.clearPoison()
  assert.equal(m.isPoisoned, false)
  assert.equal(m.lock().wait().value, 3)
})

test('an error caught inside the block, or thrown before or after it, does not poison', limit, () => {
  const m = new Mutex(0)
  {
    using g = m.lock().wait()
    try {
      throw BANG
    } catch {
      g.value = 1
    }
  }
  assert.throws(() => {
    {
      using g = m.lock().wait()
      g.value++
    }
    throw BANG
  }, BANG)
  try {
    throw BANG
  } catch {
    using g = m.lock().wait()
    g.value++
  }
  // Leaving by return, break or continue is not a panic.
  const leave = (): number => {
    for (let i = 0; ; i++) {
      using g = m.lock().wait()
      if (i === 0) continue
      if (i === 1) break
      return g.value
    }
    using g = m.lock().wait()
    return g.value
  }
  assert.equal(leave(), 3)
  assert.equal(m.isPoisoned, false)
})

test('a lock that is acquired and released during unwinding is not poisoned', limit, () => {
  const m = new Mutex(0)
  assert.throws(() => {
    try {
      throw BANG
    } finally {
      using g = m.lock().wait()
      g.value++
    }
  }, BANG)
  assert.throws(() => {
    using _end = {
      [Symbol.dispose]() {
        using g = m.lock().wait()
        g.value++
      },
    }
    throw BANG
  }, BANG)
  assert.equal(m.isPoisoned, false)
  assert.equal(m.lock().wait().value, 2)
})

test('an error poisons all guards of its block, and only the nested blocks that it leaves', limit, () => {
  const [a, b, c] = [new Mutex(0), new Mutex(0), new Mutex(0)]
  {
    using _c = c.lock().wait()
    try {
      using _a = a.lock().wait()
      using _b = b.lock().wait()
      throw BANG
    } catch {
      // The error is caught here.
    }
  }
  assert.deepEqual(
    [a, b, c].map(m => m.isPoisoned),
    [true, true, false],
  )
})

test('a throw in with or update poisons the lock, and drop of a guard does not', limit, async () => {
  for (const use of [
    (m: Mutex<number>) =>
      m.with(() => {
        throw BANG
      }),
    (m: Mutex<number>) =>
      m.update(() => {
        throw BANG
      }),
  ]) {
    const m = new Mutex(0)
    assert.throws(() => use(m).wait(), BANG)
    assert.equal(m.isPoisoned, true)
    const second = new Mutex(0)
    await assert.rejects(async () => use(second), BANG)
    assert.equal(second.isPoisoned, true)
  }
  const m = new Mutex(0)
  drop(m.lock().wait())
  assert.equal(m.isPoisoned, false)
})

test('an error after an await in an async function poisons the lock', limit, async () => {
  const m = new Mutex(0)
  await assert.rejects(async () => {
    using g = await m.lock()
    g.value = 5
    await thread.yieldNow()
    throw BANG
  }, BANG)
  assert.equal(m.isPoisoned, true)
})

test('a held lock is reported as held, poisoned or not', limit, () => {
  const m = new Mutex(0)
  assert.throws(
    () =>
      m
        .with(() => {
          throw BANG
        })
        .wait(),
    BANG,
  )
  const { guard } = lockOf(() => m.lock().wait())
  assert.equal(m.lock().try(), undefined)
  drop(guard)
  lockOf(() => m.lock().try())
})

test('a thread that panics, ends or dies while it holds the lock poisons it', limit, async () => {
  const starts: Record<string, (m: Arc<Mutex<number>>) => JoinHandle<void>> = {
    throws: m => thread.spawn(throws, m),
    'ends holding': m => thread.spawn(endsHolding, m),
    'ends holding, async': m => thread.spawn(endsHoldingLater, m),
    exits: m => thread.spawn(exits, m),
  }
  for (const [way, start] of Object.entries(starts)) {
    const m = new Arc(new Mutex(0))
    await start(m)
      .join()
      .then(
        () => {},
        () => {},
      )
    assert.equal(m.isPoisoned, true, way)
    const { guard } = lockOf(() => m.lock().wait())
    assert.equal(guard.value, 7, way)
    drop(guard)
    m.clearPoison()
    assert.equal(await m.update(n => n + 1), 8, way)
  }
})

function throws(m: Arc<Mutex<number>>): void {
  using g = m.lock().wait()
  g.value = 7
  throw new Error('bang')
}
function endsHolding(m: Arc<Mutex<number>>): void {
  m.lock().wait().value = 7
}
async function endsHoldingLater(m: Arc<Mutex<number>>): Promise<void> {
  const g = await m.lock()
  await thread.yieldNow()
  g.value = 7
}
function exits(m: Arc<Mutex<number>>): void {
  m.lock().wait().value = 7
  process.exit(3)
}

test('a waiter in a thread or a task is woken with the PoisonError', limit, async () => {
  const m = new Arc(new Mutex(0))
  const go = new AtomicI32(0)
  const holder = thread.spawn(
    move(() => {
      using g = m.lock().wait()
      go.store(1)
      while (go.load() !== 2) thread.yieldNow().wait()
      g.value = 1
      throw new Error('bang')
    }),
  )
  await until(() => go.load() === 1)
  const blocked = [0, 1].map(() =>
    thread.spawn(
      move(() => {
        try {
          drop(m.lock().wait())
        } catch (error) {
          return (error as Error).name
        }
        return ''
      }),
    ),
  )
  const awaited = [
    assert.rejects(async () => m.lock(), PoisonError),
    assert.rejects(async () => m.update(n => n), PoisonError),
  ]
  await until(() => isAwaited(m))
  go.store(2)
  await assert.rejects(async () => holder.join(), { message: 'bang' })
  await Promise.all(awaited)
  for (const t of blocked) assert.equal(await t.join(), 'PoisonError')
})

test('a guard that outlives its thread does not unlock a lock that another thread holds', limit, async () => {
  const m = new Arc(new Mutex(0))
  // Raw words, because the thread's handles are dropped at its end. +0 main has the lock, +4 the late callback ran
  const at = allocate(16) >> 2
  i32.fill(0, at, at + 2)
  await thread
    .spawn(
      move(() => {
        const g = m.lock().wait()
        const late = Atomics.waitAsync(i32, at, 0)
        if (!late.async) throw new Error('main already has the lock')
        void late.value.then(() => {
          try {
            g.value = 666
          } catch (error) {
            Atomics.store(i32, at + 1, (error as Error).name === 'DroppedError' ? 1 : 2)
          }
          drop(g)
        })
      }),
    )
    .join()
  m.clearPoison()
  using g = m.lock().wait()
  g.value = 1
  Atomics.store(i32, at, 1)
  Atomics.notify(i32, at)
  // A worker's event loop turns while its thread awaits. One of these threads shares the worker of the callback.
  while (Atomics.load(i32, at + 1) === 0) {
    await Promise.all(
      [0, 1].map(() =>
        thread.spawn(async () => void (await new Promise(resolve => void setTimeout(resolve, 5)))).join(),
      ),
    )
  }
  assert.equal(Atomics.load(i32, at + 1), 1)
  assert.equal(g.value, 1)
  assert.equal(await thread.spawn(move(() => m.lock().try() === undefined)).join(), true)
})
