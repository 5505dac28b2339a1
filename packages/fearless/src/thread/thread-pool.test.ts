/** Pools: places, the queue and its limit, signals, and threads of a pool that die; and the settings of all threads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  CancelledError,
  FullError,
  Mutex,
  PanicError,
  drop,
  move,
  mpsc,
  sleep,
  thread,
  type JoinHandle,
  type ThreadPool,
} from 'fearless'
import { PARALLELISM, QUEUE_LIMIT, RUN_LENGTH, WORKERS, countBlockedWorkers, i32 } from '../../dist/internal.js'

const limit = { timeout: 60_000 }
const word = (at: number): number => Atomics.load(i32, at >> 2)

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1)
}

/** A thread that keeps its place until the returned function is called. */
function holder(pool: ThreadPool): { go(): void; handle: JoinHandle<number>; started: AtomicI32 } {
  const [tx, rx] = mpsc.channel<number>()
  const started = new AtomicI32(0)
  const handle = pool.run(
    move(() => {
      started.store(1)
      return rx.recv().wait()
    }),
  )
  return { go: () => tx.send(7), handle, started }
}

test('all threads of a pool run in order, and at most as many at the same time as it has places', limit, async () => {
  for (const threads of [1, 2, 5]) {
    const pool = thread.pool({ threads })
    const [now, most] = [new AtomicI32(0), new AtomicI32(0)]
    const [tx, rx] = mpsc.channel<number>()
    const handles = Array.from({ length: 60 }, (_, n) => {
      const order = tx.clone()
      return pool.run(
        move(() => {
          order.send(n)
          most.fetchMax(now.fetchAdd(1) + 1)
          sleep(1).wait()
          now.fetchSub(1)
          return n
        }),
      )
    })
    drop(tx)
    assert.deepEqual(
      await Promise.all(handles),
      handles.map((_, n) => n),
    )
    const seen: number[] = []
    for await (const n of rx) seen.push(n)
    if (threads === 1)
      assert.deepEqual(
        seen,
        handles.map((_, n) => n),
      )
    assert.ok(most.load() <= threads, `${most.load()} of ${threads}`)
    assert.deepEqual([pool.threads, pool.running, pool.queued, pool.finished], [threads, 0, 0, 60])
  }
})

test('a thread that blocks on a queued thread of the pool gets its result', limit, () => {
  // Main blocks, so its event loop cannot pass places on.
  const pool = thread.pool({ threads: 1 })
  const handles = Array.from({ length: 20 }, (_, n) => pool.run((k: number) => k * 2, n))
  assert.deepEqual(
    handles.map(handle => handle.wait()),
    handles.map((_, n) => n * 2),
  )
})

test('run throws FullError and moves nothing if the queue is full', limit, async () => {
  const pool = thread.pool({ threads: 1, queueLimit: 2 })
  const first = holder(pool)
  const queued = [1, 2].map(n => pool.run((k: number) => k, n))
  const data = { n: 1 }
  assert.throws(() => pool.run((d: { n: number }) => d.n, data), FullError)
  assert.equal(data.n, 1)
  assert.deepEqual([pool.running, pool.queued], [1, 2])
  first.go()
  assert.deepEqual(await Promise.all([first.handle, ...queued]), [7, 1, 2])
  assert.equal(await pool.run((d: { n: number }) => d.n, data), 1)

  const none = thread.pool({ threads: 1, queueLimit: 0 })
  const only = holder(none)
  assert.throws(() => none.run(() => 1), FullError)
  only.go()
  await only.handle
  assert.equal(await none.run(() => 1), 1)
})

test('a thread of a pool has the name of the pool, or one of its own', limit, async () => {
  const pool = thread.pool({ threads: 1, name: 'resize' })
  assert.equal(await pool.run(() => thread.current().name), 'resize')
  assert.equal(await pool.builder({ name: 'one' }).run(() => thread.current().name), 'one')
  assert.equal(await thread.pool().run(() => thread.current().name), undefined)
})

test('numbers out of range are refused', limit, () => {
  for (const threads of [0, -1, 1.5, NaN, Infinity, 2000, '2']) {
    assert.throws(() => thread.pool({ threads: threads as number }), RangeError)
  }
  for (const queueLimit of [-1, 0.5, NaN, '1']) {
    assert.throws(() => thread.pool({ queueLimit: queueLimit as number }), RangeError)
  }
})

test('a pool can be shared with a thread, and its threads outlive its handles', limit, async () => {
  const pool = thread.pool({ threads: 1, name: 'shared' })
  const inner = await thread.spawn(move(() => pool.run((n: number) => [n, thread.current().name], 3)))
  assert.deepEqual(await inner, [3, 'shared'])

  const gone = thread.pool({ threads: 1 })
  const handles = Array.from({ length: 10 }, (_, n) => gone.run((k: number) => k, n))
  drop(gone)
  assert.deepEqual(
    await Promise.all(handles),
    handles.map((_, n) => n),
  )
})

test('a signal withdraws a queued thread and drops its arguments', limit, async () => {
  const pool = thread.pool({ threads: 1 })
  const first = holder(pool)
  await until(() => first.started.load() === 1)
  const [tx, rx] = mpsc.channel<number>()
  const controller = new AbortController()
  const job = pool.builder({ signal: controller.signal }).run(move(() => tx.send(1)))
  const after = pool.run(() => 'after')
  controller.abort(new Error('the client is gone'))
  await assert.rejects(job, (error: unknown) => {
    assert.ok(error instanceof CancelledError)
    assert.equal((error.cause as Error).message, 'the client is gone')
    return true
  })
  for await (const _ of rx) assert.fail('a withdrawn thread has run')
  first.go()
  assert.equal(await after, 'after')
  assert.throws(() => pool.builder({ signal: controller.signal }).run(() => 1), CancelledError)
  assert.deepEqual([await first.handle, pool.running, pool.queued], [7, 0, 0])
})

test('a signal terminates a computing thread, frees its place and poisons its lock', limit, async () => {
  const pool = thread.pool({ threads: 1 })
  // More threads than there are workers, so that main's own child is among the terminated workers.
  for (let round = 0; round < 6; round++) {
    const lock = new Arc(new Mutex({ n: 0 }))
    const started = new AtomicI32(0)
    const controller = new AbortController()
    const job = pool.builder({ signal: controller.signal }).run(
      move(() => {
        const guard = lock.lock().wait()
        started.store(1)
        for (;;) guard.value.n++
      }),
    )
    await until(() => started.load() === 1)
    controller.abort()
    await assert.rejects(job, CancelledError)
    assert.equal(lock.isPoisoned, true)
    assert.equal(await pool.run(() => 5), 5)
  }
})

test(
  'a signal that is aborted while its thread finishes terminates no other thread',
  { timeout: 120_000 },
  async () => {
    const pool = thread.pool({ threads: 2 })
    const outcomes = { value: 0, cancelled: 0 }
    for (let round = 0; round < 300; round++) {
      const controller = new AbortController()
      const jobs = Array.from({ length: 4 }, (_, n) =>
        pool.builder({ signal: controller.signal }).run((k: number) => k, n),
      )
      const others = Array.from({ length: 4 }, (_, n) => thread.spawn((k: number) => k, n))
      for (let spin = round % 60; spin > 0; spin--) thread.yieldNow().wait()
      controller.abort()
      for (const [n, job] of jobs.entries()) {
        try {
          assert.equal(await job, n)
          outcomes.value++
        } catch (error) {
          assert.ok(error instanceof CancelledError, String(error))
          outcomes.cancelled++
        }
      }
      assert.deepEqual(await Promise.all(others), [0, 1, 2, 3])
    }
    assert.deepEqual([pool.running, pool.queued], [0, 0])
    assert.equal(outcomes.value + outcomes.cancelled, 1200)
  },
)

test('threads that throw or exit give their places back', limit, async () => {
  const pool = thread.pool({ threads: 1 })
  for (let round = 0; round < 3; round++) {
    await assert.rejects(
      pool.run(() => {
        throw new TypeError('no')
      }),
      TypeError,
    )
    await assert.rejects(
      pool.run(() => process.exit(3)),
      PanicError,
    )
  }
  assert.equal(await pool.run(() => 1), 1)
  assert.deepEqual([pool.running, pool.queued, pool.finished], [0, 0, 7])
})

test('a spawn throws FullError if as many threads are queued as `queueLimit` allows', limit, async () => {
  const parallelism = word(PARALLELISM)
  thread.configure({ workers: 1, maxWorkers: Math.max(1, word(WORKERS)), queueLimit: 3 })
  try {
    const busy = new AtomicI32(1)
    const handles = Array.from({ length: word(WORKERS) + 1 }, () => {
      try {
        return thread.spawn(
          move(() => {
            while (busy.load() === 1);
          }),
        )
      } catch (error) {
        assert.ok(error instanceof FullError)
        return undefined
      }
    })
    // All workers compute and none is started for two seconds, so three threads fit into the queue.
    let refused: unknown
    for (let n = 0; refused === undefined && n < 100; n++) {
      try {
        handles.push(thread.spawn(() => {}))
      } catch (error) {
        refused = error
      }
    }
    assert.ok(refused instanceof FullError, String(refused))
    busy.store(0)
    for (const handle of handles) await handle
  } finally {
    thread.configure({ workers: parallelism, maxWorkers: 1021, queueLimit: Infinity })
  }
  assert.equal(await thread.spawn(() => 1), 1)
})

test('settings out of range are refused and set nothing', limit, () => {
  const before = [word(PARALLELISM), word(QUEUE_LIMIT)]
  for (const settings of [
    { workers: 0 },
    { workers: 5000 },
    { maxWorkers: 1.5 },
    { workers: 1, queueLimit: 0 },
    { workers: '2' },
  ]) {
    assert.throws(() => thread.configure(settings as { workers: number }), RangeError)
  }
  assert.deepEqual([word(PARALLELISM), word(QUEUE_LIMIT)], before)
})

test('computing threads wait for a core in order and start no worker', { timeout: 120_000 }, async t => {
  await until(() => word(RUN_LENGTH) === 0)
  const [tx, rx] = mpsc.channel<number>()
  let most = 0
  const handles = Array.from({ length: 40 }, (_, n) => {
    const order = tx.clone()
    return thread.spawn(
      move(() => {
        order.send(n)
        const end = performance.now() + 50
        while (performance.now() < end);
      }),
    )
  })
  drop(tx)
  const order: number[] = []
  for await (const n of rx) {
    order.push(n)
    most = Math.max(most, word(WORKERS) - countBlockedWorkers())
  }
  await Promise.all(handles)
  t.diagnostic(`at most ${most} workers compute`)
  assert.ok(most <= word(PARALLELISM) + 1, `${most} workers`)
  // Workers take them in order, but two workers may send in the other order.
  for (const [at, n] of order.entries())
    assert.ok(Math.abs(at - n) <= word(PARALLELISM) + 1, `${n} came as number ${at}`)
})

test('a thread that spins until a queued thread has run succeeds within seconds', limit, async () => {
  const turn = new AtomicI32(0)
  const count = word(PARALLELISM) + 1
  const handles = Array.from({ length: count }, () =>
    thread.spawn(
      move(() => {
        turn.fetchAdd(1)
        while (turn.load() < count);
      }),
    ),
  )
  await Promise.all(handles)
  assert.equal(turn.load(), count)
})
