/**
 * A wait that is ended early takes nothing and leaves no waiter in its queue: every kind of wait, ended in every way.
 */
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, test } from 'node:test'
import {
  Barrier,
  CancelledError,
  Condvar,
  JoinSet,
  Mutex,
  Once,
  OnceLock,
  RwLock,
  Semaphore,
  TimeoutError,
  WaitGroup,
  broadcast,
  drop,
  lockAll,
  mpmc,
  mpsc,
  move,
  never,
  oneshot,
  parIter,
  select,
  sleep,
  task,
  thread,
  timeout,
  watch,
  type Wait,
} from 'fearless'
import { WAITERS, WAITER_SLOT, core, i32, self } from '../../dist/internal.js'

const limit = { timeout: 30_000 }

/** The number of this thread's waiters in use. */
function waiters(): number {
  let count = 0
  for (let at = core.nextObject(WAITERS, 0); at !== 0; at = core.nextObject(WAITERS, at))
    if (i32[(at + WAITER_SLOT) >> 2] === self) count++
  return count
}

/**
 * Waits until there are `expected` waiters: one whose wake-up came too late is freed when the event loop handles it.
 */
async function assertWaiters(expected: number): Promise<void> {
  for (let turns = 0; turns < 1000 && waiters() !== expected; turns++) await task.yieldNow()
  assert.equal(waiters(), expected)
}

/** A wait that does not end by itself, and the state that must hold after it was ended. */
interface Scene {
  wait(): PromiseLike<unknown>
  /** Checks that nothing was taken and no waiter is registered. */
  after(): unknown
  /** The handles to drop at last. */
  readonly ends?: readonly Disposable[]
}

interface WaitScene extends Scene {
  wait(): Wait<unknown>
}

/** The kinds that are a plain `Wait`. */
const WAITS: Record<string, () => WaitScene> = {
  'recv of mpsc'() {
    const [tx, rx] = mpsc.channel<number>()
    return {
      wait: () => rx.recv(),
      async after() {
        tx.send(7)
        assert.equal(await rx.recv().within(1000), 7)
      },
      ends: [tx, rx],
    }
  },
  recvMany() {
    const [tx, rx] = mpsc.channel<number>()
    return {
      wait: () => rx.recvMany(10),
      async after() {
        tx.send(7)
        assert.equal(await rx.recv().within(1000), 7)
      },
      ends: [tx, rx],
    }
  },
  'recv of mpmc'() {
    const [tx, rx] = mpmc.channel<number>()
    const other = rx.clone()
    return {
      wait: () => rx.recv(),
      async after() {
        tx.send(7)
        assert.equal(await other.recv().within(1000), 7)
      },
      ends: [tx, rx, other],
    }
  },
  'recv of a rendezvous'() {
    const [tx, rx] = mpsc.channel<number>(0)
    return {
      wait: () => rx.recv(),
      async after() {
        assert.deepEqual(tx.send(7).tryResult().status, 'pending')
        assert.deepEqual(await Promise.all([tx.send(8), rx.recv()]), [undefined, 8])
      },
      ends: [tx, rx],
    }
  },
  'send into a full channel'() {
    const [tx, rx] = mpsc.channel<number>(1)
    tx.send(1).try()
    return {
      wait: () => tx.send(2),
      after() {
        assert.equal(rx.recv().try(), 1)
        assert.equal(rx.recv().try(), undefined)
      },
      ends: [tx, rx],
    }
  },
  'send of a rendezvous'() {
    const [tx, rx] = mpsc.channel<number>(0)
    return { wait: () => tx.send(1), after: () => assert.equal(rx.recv().try(), undefined), ends: [tx, rx] }
  },
  'reserve of a full channel'() {
    const [tx, rx] = mpsc.channel<number>(1)
    tx.send(1).try()
    return {
      wait: () => tx.reserve(),
      after() {
        assert.equal(rx.recv().try(), 1)
        tx.send(2).try()
      },
      ends: [tx, rx],
    }
  },
  'recv of a oneshot'() {
    const [tx, rx] = oneshot.channel<number>()
    return {
      wait: () => rx.recv(),
      async after() {
        tx.send(7)
        assert.equal(await rx.recv().within(1000), 7)
      },
      ends: [rx],
    }
  },
  'closed of a oneshot'() {
    const [tx, rx] = oneshot.channel<number>()
    return {
      wait: () => tx.closed(),
      async after() {
        drop(rx)
        await tx.closed().within(1000)
      },
      ends: [tx],
    }
  },
  'recv of a broadcast'() {
    const [tx, rx] = broadcast.channel<number>(4)
    return {
      wait: () => rx.recv(),
      async after() {
        tx.send(7)
        assert.equal(await rx.recv().within(1000), 7)
      },
      ends: [tx, rx],
    }
  },
  'changed of a watch'() {
    const [tx, rx] = watch.channel(1)
    return {
      wait: () => rx.changed(),
      async after() {
        tx.send(2)
        await rx.changed().within(1000)
      },
      ends: [tx, rx],
    }
  },
  'waitFor of a watch'() {
    const [tx, rx] = watch.channel(1)
    return {
      wait: () => rx.waitFor(n => n === 2),
      async after() {
        tx.send(2)
        assert.equal(await rx.waitFor(n => n === 2).within(1000), 2)
      },
      ends: [tx, rx],
    }
  },
  'moment of a timer'() {
    const timer = never()
    return { wait: () => timer.recv(), after() {}, ends: [] }
  },
  'lock of a Mutex'() {
    const m = new Mutex(0)
    const guard = m.lock().wait()
    return { wait: () => m.lock(), after: () => (drop(guard), isFree(m.lock())), ends: [m] }
  },
  'update of a Mutex'() {
    const m = new Mutex(0)
    const guard = m.lock().wait()
    return {
      wait: () => m.update(n => n + 1),
      async after() {
        drop(guard)
        assert.equal(await m.with(n => n).within(1000), 0)
      },
      ends: [m],
    }
  },
  'read of an RwLock'() {
    const lock = new RwLock(0)
    const guard = lock.write().wait()
    return { wait: () => lock.read(), after: () => (drop(guard), isFree(lock.write())), ends: [lock] }
  },
  'write of an RwLock'() {
    const lock = new RwLock(0)
    const guard = lock.read().wait()
    return { wait: () => lock.write(), after: () => (drop(guard), isFree(lock.read())), ends: [lock] }
  },
  'update of an RwLock'() {
    const lock = new RwLock(0)
    const guard = lock.read().wait()
    return {
      wait: () => lock.update(n => n + 1),
      async after() {
        drop(guard)
        assert.equal(await lock.with(n => n).within(1000), 0)
      },
      ends: [lock],
    }
  },
  'upgradableRead of an RwLock'() {
    const lock = new RwLock(0)
    const guard = lock.upgradableRead().wait()
    return {
      wait: () => lock.upgradableRead(),
      after: () => (drop(guard), isFree(lock.upgradableRead())),
      ends: [lock],
    }
  },
  upgrade() {
    const lock = new RwLock(0)
    const reader = lock.read().wait()
    const seat = lock.upgradableRead().wait()
    return {
      wait: () => seat.upgrade(),
      async after() {
        drop(reader)
        using guard = await seat.upgrade().within(1000)
        assert.equal(guard.value, 0)
      },
      ends: [lock],
    }
  },
  lockAll() {
    const [a, b] = [new Mutex(0), new Mutex(0)]
    const guard = b.lock().wait()
    return {
      wait: () => lockAll(a, b),
      async after() {
        await isFree(a.lock())
        drop(guard)
        using both = await lockAll(a, b).within(1000)
        assert.equal(both.length, 2)
      },
      ends: [a, b],
    }
  },
  'until of a Condvar'() {
    const [m, news] = [new Mutex(0), new Condvar()]
    const guard = m.lock().wait()
    return {
      wait: () => news.until(guard, n => n > 0),
      async after() {
        drop(guard)
        using again = await m.lock().within(1000)
        assert.equal(news.notifyAll(), 0)
        again.value = 1
      },
      ends: [m, news],
    }
  },
  'acquire of a Semaphore'() {
    const s = new Semaphore(2)
    const held = s.acquire().wait()
    return {
      wait: () => s.acquire(2),
      async after() {
        drop(held)
        using all = await s.acquire(2).within(1000)
        assert.equal(all.permits, 2)
      },
      ends: [s],
    }
  },
  'arrive at a Barrier'() {
    const barrier = new Barrier(2)
    return {
      wait: () => barrier.arrive(),
      async after() {
        assert.equal(barrier.arrive().try(), undefined)
        const both = await Promise.all([barrier.arrive(), barrier.arrive()])
        assert.equal(both.filter(({ isLeader }) => isLeader).length, 1)
      },
      ends: [barrier],
    }
  },
  'finished of a WaitGroup'() {
    const group = new WaitGroup()
    const other = group.clone()
    return {
      wait: () => group.finished(),
      async after() {
        drop(other)
      },
      ends: [],
    }
  },
  'completed of a Once'() {
    const once = new Once()
    return {
      wait: () => once.completed(),
      async after() {
        assert.equal(await once.callOnce(() => {}), true)
        assert.equal(await once.completed().within(1000), true)
      },
      ends: [once],
    }
  },
  'filled of a OnceLock'() {
    const cell = new OnceLock<number>()
    return {
      wait: () => cell.filled(),
      async after() {
        assert.equal(await cell.set(1), true)
        assert.equal(await cell.filled().within(1000), 1)
      },
      ends: [cell],
    }
  },
  'join of a thread'() {
    const [tx, rx] = mpsc.channel<number>()
    const handle = thread.spawn(move(async () => await rx.recv()))
    return {
      wait: () => handle.join(),
      async after() {
        tx.send(7)
        assert.equal(await handle.within(5000), 7)
      },
      ends: [tx],
    }
  },
  'join of a task'() {
    const gate = Promise.withResolvers<number>()
    const handle = task.spawn(() => gate.promise)
    return {
      wait: () => handle.join(),
      async after() {
        gate.resolve(7)
        assert.equal(await handle.within(1000), 7)
      },
    }
  },
  'joinNext of a JoinSet'() {
    const gate = Promise.withResolvers<number>()
    const set = new JoinSet<number>()
    set.spawn(() => gate.promise)
    return {
      wait: () => set.joinNext(),
      async after() {
        gate.resolve(7)
        assert.equal(await set.joinNext().within(1000), 7)
      },
    }
  },
  park: () => ({
    wait: () => thread.park(),
    async after() {
      thread.current().unpark()
      await thread.park().within(1000)
    },
  }),
  sleep: () => ({ wait: () => sleep(1e6), after() {} }),
  select() {
    const [tx, rx] = mpsc.channel<number>()
    const [full, room] = mpsc.channel<number>(1)
    full.send(1).try()
    const m = new Mutex(0)
    const guard = m.lock().wait()
    return {
      wait: () => select({ message: rx.recv(), sent: full.send(2), lock: m.lock(), late: sleep(1e6) }),
      async after() {
        tx.send(7)
        assert.equal(await rx.recv().within(1000), 7)
        assert.equal(room.recv().try(), 1)
        assert.equal(room.recv().try(), undefined)
        drop(guard)
        await isFree(m.lock())
      },
      ends: [tx, rx, full, room, m],
    }
  },
  'parIter on this thread': () => ({
    wait: () =>
      parIter(Array.from({ length: 4000 }, (_, i) => i))
        .map(busy)
        .sum(),
    after() {},
  }),
}

const busy = (n: number): number => {
  for (const end = performance.now() + 1; performance.now() < end;);
  return n
}

async function isFree(lock: Wait<Disposable>): Promise<void> {
  drop(await lock.within(1000))
}

/** The kinds that are not a `Wait` themselves. */
const LOOPS: Record<string, () => Scene> = {
  'for await of mpsc'() {
    const [tx, rx] = mpsc.channel<number>()
    return {
      async wait() {
        for await (const value of rx) assert.fail(`took ${value}`)
      },
      async after() {
        tx.send(7)
        assert.equal(await rx.recv().within(1000), 7)
      },
      ends: [tx, rx],
    }
  },
  'for await of broadcast'() {
    const [tx, rx] = broadcast.channel<number>(4)
    return {
      async wait() {
        for await (const value of rx) assert.fail(`took ${value}`)
      },
      async after() {
        tx.send(7)
        assert.equal(await rx.recv().within(1000), 7)
      },
      ends: [tx, rx],
    }
  },
  'for await of a JoinSet'() {
    const gate = Promise.withResolvers<number>()
    const set = new JoinSet<number>()
    set.spawn(() => gate.promise)
    return {
      async wait() {
        for await (const value of set) assert.fail(`took ${value}`)
      },
      async after() {
        gate.resolve(7)
        assert.equal(await set.joinNext().within(1000), 7)
      },
    }
  },
  yieldNow: () => ({
    async wait() {
      for (;;) await task.yieldNow()
    },
    after() {},
  }),
}

type Run = (body: (signal?: AbortSignal) => PromiseLike<unknown>) => Promise<void>

/** Runs the event loop until all code has run that needs no further event. */
async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>(resolve => void setImmediate(resolve))
}

const outcome = async (promise: PromiseLike<unknown>): Promise<unknown> =>
  promise.then(
    () => 'a value',
    error => error,
  )

/** Wraps a body; the promise resolves to the error of the body, or to 'a value'. */
function ended(
  body: (signal?: AbortSignal) => PromiseLike<unknown>,
): [body: () => Promise<unknown>, error: Promise<unknown>] {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  return [
    async () => {
      const error = await outcome(body())
      resolve(error)
      throw error
    },
    promise,
  ]
}

const ENDS: Record<string, Run> = {
  async abort(body) {
    const [f, error] = ended(body)
    const handle = task.spawn(f)
    await settled()
    handle.abort()
    assert.ok((await error) instanceof CancelledError)
    await assert.rejects(async () => await handle, CancelledError)
  },
  async 'abort of a task that takes its signal'(body) {
    const [f, error] = ended(body)
    const handle = task.spawn(async _signal => await f())
    await settled()
    handle.abort()
    assert.ok((await error) instanceof CancelledError)
    await assert.rejects(async () => await handle, CancelledError)
  },
  async timeout(body) {
    const [f, error] = ended(body)
    await assert.rejects(timeout(5, f), TimeoutError)
    assert.ok((await error) instanceof TimeoutError)
  },
  async 'timeout in a task that is aborted'(body) {
    const [f, error] = ended(body)
    const handle = task.spawn(() => timeout(1e6, f))
    await settled()
    handle.abort()
    assert.ok((await error) instanceof CancelledError)
  },
  async 'a JoinSet that is disposed'(body) {
    const [f, error] = ended(body)
    {
      using set = new JoinSet<unknown>()
      set.spawn(f)
      await settled()
    }
    assert.ok((await error) instanceof CancelledError)
  },
  async 'a JoinSet that is shut down'(body) {
    const [f, error] = ended(body)
    {
      await using set = new JoinSet<unknown>()
      set.spawn(f)
      await settled()
    }
    assert.ok((await error) instanceof CancelledError)
  },
  async 'a sibling in a scope that throws'(body) {
    const [f, error] = ended(body)
    const scope = task.scope(async s => {
      s.spawn(f)
      s.spawn(async () => {
        await settled()
        throw new RangeError('sibling')
      })
    })
    await assert.rejects(scope, /sibling/)
    assert.ok((await error) instanceof CancelledError)
  },
  async 'a child of the scope that throws'(body) {
    const [f, error] = ended(body)
    const scope = task.scope(async s => {
      s.spawn(async () => {
        await settled()
        throw new RangeError('child')
      })
      await f()
    })
    await assert.rejects(scope, /child/)
    assert.ok((await error) instanceof CancelledError)
  },
  async 'abort of the task around a scope'(body) {
    const [f, error] = ended(body)
    const handle = task.spawn(() => task.scope(s => void s.spawn(f)))
    await settled()
    handle.abort()
    assert.ok((await error) instanceof CancelledError)
  },
}

/** Ways to end a single wait. */
const LIMITS: Record<string, (wait: Wait<unknown>) => Promise<void>> = {
  async 'a signal'(wait) {
    const controller = new AbortController()
    const error = outcome(wait.within({ signal: controller.signal }))
    await settled()
    const reason = new Error('enough')
    controller.abort(reason)
    assert.equal(await error, reason)
  },
  async 'a signal that was aborted before'(wait) {
    assert.equal(((await outcome(wait.within({ signal: AbortSignal.abort() }))) as Error).name, 'AbortError')
  },
  async 'a signal of an arm of a select'(wait) {
    const controller = new AbortController()
    const other = new Mutex(0)
    using held = await other.lock()
    const error = outcome(select({ wait: wait.within({ signal: controller.signal }), other: other.lock() }))
    await settled()
    controller.abort()
    assert.equal(((await error) as Error & { key: string }).key, 'wait')
    assert.equal(held.value, 0)
  },
  async 'a limit of time'(wait) {
    await assert.rejects(async () => await wait.within({ ms: 5, signal: new AbortController().signal }), TimeoutError)
  },
}

async function round<S extends Scene>(make: () => S, end: (scene: S) => Promise<void>): Promise<void> {
  const before = waiters()
  const scene = make()
  await end(scene)
  await scene.after()
  scene.ends?.forEach(thing => drop(thing))
  await assertWaiters(before)
}

for (const [kind, make] of Object.entries<() => Scene>({ ...WAITS, ...LOOPS })) {
  describe(kind, limit, () => {
    for (const [how, end] of Object.entries(ENDS)) {
      test(`${kind} ended by ${how} takes nothing and leaves its queue`, limit, async () => {
        await round(make, scene => end(() => scene.wait()))
      })
    }
  })
}

for (const [kind, make] of Object.entries(WAITS)) {
  describe(kind, limit, () => {
    for (const [how, end] of Object.entries(LIMITS)) {
      // A select cannot be an arm of another select, and a parallel iterator in a select is not run in slices.
      if (/^(?:select|parIter)/.test(kind) && how.includes('select')) continue
      test(`${kind} ended by ${how} takes nothing and leaves its queue`, limit, async () => {
        await round(make, scene => end(scene.wait()))
      })
    }
  })
}

describe('an abort that races with a wake-up', limit, () => {
  const aborted = async (
    wake: (handle: { abort(): void }) => void,
    wait: () => PromiseLike<unknown>,
  ): Promise<unknown> => {
    const [f, error] = ended(wait)
    const handle = task.spawn(f)
    await settled()
    wake(handle)
    await assert.rejects(async () => await handle, CancelledError)
    return error
  }

  test('a message that was sent before the abort stays for the next receiver', async () => {
    const [tx, rx] = mpsc.channel<number>()
    const error = await aborted(
      handle => {
        tx.send(7)
        handle.abort()
      },
      () => rx.recv(),
    )
    assert.ok(error instanceof CancelledError)
    assert.equal(rx.recv().try(), 7)
  })

  test('a task keeps a message that a rendezvous has handed over before the abort', async () => {
    const [tx, rx] = mpsc.channel<number>(0)
    let got: number | undefined
    const handle = task.spawn(async () => {
      got = await rx.recv()
      await sleep(1e6)
    })
    await settled()
    tx.send(7).try()
    handle.abort()
    await settled()
    assert.equal(got, 7)
  })

  test('the next in the queue gets a lock that was released before the abort', async () => {
    const m = new Mutex(0)
    const guard = m.lock().wait()
    const order: string[] = []
    const first = task.spawn(async () => await m.update(n => n + 1))
    const second = m.update(n => (order.push('second'), n + 10))
    const done = second.then()
    await settled()
    drop(guard)
    first.abort()
    await done
    assert.equal(await m.with(n => n), 10)
  })

  test('permits that were handed over before the abort go to the task, which releases them', async () => {
    const s = new Semaphore(0)
    const handle = task.spawn(async () => {
      using permit = await s.acquire(2)
      assert.equal(permit.permits, 2)
      await sleep(1e6)
    })
    await settled()
    s.addPermits(2)
    handle.abort()
    using all = await s.acquire(2).within(1000)
    assert.equal(all.permits, 2)
  })
})

describe('after an abort', limit, () => {
  test('each wait of a task without a signal fails and takes nothing', async () => {
    const [tx, rx] = mpsc.channel<number>()
    const errors: unknown[] = []
    const finished = Promise.withResolvers<void>()
    const handle = task.spawn(async () => {
      for (let i = 0; i < 3; i++) errors.push(await outcome(rx.recv()))
      errors.push(
        await outcome(timeout(5, async () => await rx.recv())),
        await outcome(task.scope(async () => await rx.recv())),
      )
      for await (const value of rx) assert.fail(`took ${value}`)
    })
    void outcome(handle)
    await settled()
    tx.send(1)
    tx.send(2)
    handle.abort()
    setImmediate(() => finished.resolve())
    await finished.promise
    assert.equal(errors.length, 5)
    assert.ok(errors.every(error => error instanceof CancelledError))
    assert.deepEqual([...rx.tryIter()], [1, 2])
  })

  test('a task that takes its signal is notified once and can wait to clean up', async () => {
    const [tx, rx] = mpsc.channel<string>()
    const m = new Mutex(0)
    const handle = task.spawn(async _signal => {
      try {
        await rx.recv()
      } finally {
        await m.update(n => n + 1)
        await sleep(1)
        await m.update(n => n + 1)
      }
    })
    await settled()
    handle.abort()
    await assert.rejects(async () => await handle, CancelledError)
    assert.equal(await m.with(n => n), 2)
    tx.send('left')
    assert.equal(rx.recv().try(), 'left')
  })

  test('a task that does not wait at its abort is notified by its next wait', async () => {
    const [tx, rx] = mpsc.channel<number>()
    const gate = Promise.withResolvers<void>()
    const error = Promise.withResolvers<unknown>()
    const handle = task.spawn(async _signal => {
      await gate.promise
      error.resolve(await outcome(rx.recv()))
    })
    await settled()
    handle.abort()
    tx.send(1)
    gate.resolve()
    assert.ok((await error.promise) instanceof CancelledError)
    assert.equal(rx.recv().try(), 1)
  })

  const noticing: Record<string, (signal: AbortSignal, gate: Promise<void>) => unknown> = {
    'a listener': signal => new Promise<void>(resolve => signal.addEventListener('abort', () => resolve())),
    async 'reading signal.aborted'(signal, gate) {
      while (!signal.aborted) await gate
    },
    async throwIfAborted(signal, gate) {
      await gate
      assert.throws(() => signal.throwIfAborted(), CancelledError)
    },
    async 'reading its reason'(signal, gate) {
      await gate
      assert.ok(signal.reason instanceof CancelledError)
    },
  }
  for (const [how, notice] of Object.entries(noticing)) {
    test(`a task that has noticed its abort by ${how} can wait to clean up`, async () => {
      const [tx, rx] = mpsc.channel<number>()
      const gate = Promise.withResolvers<void>()
      const got = Promise.withResolvers<unknown>()
      const handle = task.spawn(async signal => {
        await notice(signal, gate.promise)
        await outcome(rx.recv().within(1000)).then(got.resolve)
      })
      await settled()
      handle.abort()
      gate.resolve()
      tx.send(1)
      assert.equal(await got.promise, 'a value')
      await assert.rejects(async () => await handle, CancelledError)
    })
  }

  test('a task that catches every cancellation in a loop stops', { timeout: 60_000 }, async () => {
    const [tx, rx] = mpsc.channel<number>()
    let caught = 0
    const handle = task.spawn(async () => {
      for (;;) {
        try {
          await rx.recv()
          assert.fail('a cancelled receive took a message')
        } catch {
          caught++
        }
      }
    })
    await settled()
    handle.abort()
    tx.send(1)
    for (let before = -1; before !== caught; await settled()) before = caught
    assert.ok(caught > 1000 && caught <= 100_001, `${caught}`)
    assert.equal(rx.recv().try(), 1)
  })

  test('the waits that an ended task left running are not cancelled', async () => {
    const [tx, rx] = mpsc.channel<number>()
    let left: PromiseLike<number> | undefined
    const handle = task.spawn(async () => {
      left = rx.recv().then()
      await Promise.resolve()
    })
    await handle
    handle.abort()
    tx.send(7)
    assert.equal(await left, 7)
  })

  test('a thread scope in an aborted task waits for its threads', async () => {
    let ended = false
    const handle = task.spawn(async _signal => {
      await thread.scope(async s => {
        s.spawn(() => sleep(100).wait())
        await sleep(1e6)
      })
    })
    const joined = outcome(handle).then(error => {
      ended = true
      return error
    })
    await settled()
    handle.abort()
    await settled()
    assert.equal(ended, false)
    assert.ok((await joined) instanceof CancelledError)
  })

  test('a job whose time is over does not cancel later waits of its task', async () => {
    const [tx, rx] = mpsc.channel<number>()
    const value = await task.spawn(async () => {
      await assert.rejects(
        timeout(1, async () => await rx.recv()),
        TimeoutError,
      )
      tx.send(7)
      return await rx.recv()
    })
    assert.equal(value, 7)
  })
})

test('a long-lived signal keeps no listener or waiter of the waits that it limited', limit, async () => {
  const { signal } = new AbortController()
  const [tx, rx] = mpsc.channel<number>()
  const before = waiters()
  for (let i = 0; i < 2000; i++) {
    tx.send(i)
    assert.equal(await rx.recv().within({ signal, ms: 1000 }), i)
    await assert.rejects(async () => await rx.recv().within({ signal, ms: 0 }), TimeoutError)
  }
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  await assertWaiters(before)
})

test('a signal that is not an AbortSignal is refused', limit, () => {
  const [, rx] = mpsc.channel<number>()
  assert.throws(
    () =>
      rx
        .recv()
        .within({ signal: {} as never })
        .try(),
    /must be an AbortSignal, got/,
  )
  assert.throws(() => rx.recv().within({ ms: -1 }).try(), RangeError)
})
