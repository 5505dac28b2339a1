/**
 * Small programs of waits, tasks, limits and selects, as a user would write them to find a gap, and what each gives as documented.
 */
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import {
  Arc,
  Barrier,
  ConcurrentMap,
  Condvar,
  JoinSet,
  Mutex,
  OnceLock,
  ReentrantMutex,
  RwLock,
  Semaphore,
  TimeoutError,
  WaitGroup,
  after,
  broadcast,
  drop,
  lockAll,
  move,
  mpmc,
  mpsc,
  oneshot,
  parIter,
  select,
  sleep,
  task,
  thread,
  tick,
  timeout,
  watch,
} from 'fearless'

const limit = { timeout: 30_000 }

const nameOf = (error: unknown): unknown =>
  error instanceof Error || error instanceof DOMException ? error.name : error

/** What it gives, or the name of its error. */
const of = async (wait: PromiseLike<unknown>): Promise<unknown> => wait.then(value => value, nameOf)

/** Lets all go on that can go on without an event. */
async function turn(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise<void>(resolve => void setImmediate(resolve))
}

const busy = (i: number): number => {
  for (const end = performance.now() + 1; performance.now() < end;);
  return i
}

const PROGRAMS: readonly [name: string, program: () => Promise<unknown>, gives: unknown][] = [
  [
    'timeout around for await leaves rest',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      tx.send(1)
      const got: number[] = []
      await of(
        timeout(10, async () => {
          for await (const x of rx) got.push(x)
        }),
      )
      tx.send(2)
      await turn()
      return [got, rx.recv().try()]
    },
    [[1], 2],
  ],
  [
    'abort in the middle of a select loop',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      const t = tick(5)
      let n = 0
      const h = task.spawn(async () => {
        for (;;) {
          const r = await select({ m: rx.recv(), t: t.recv() })
          if (r.key === 'm') n++
        }
      })
      tx.send(1)
      await sleep(20)
      h.abort()
      tx.send(2)
      await sleep(20)
      return [n, rx.recv().try(), await of(h)]
    },
    [1, 2, 'CancelledError'],
  ],
  [
    'Promise.all in aborted task',
    async () => {
      const [a, ra] = mpsc.channel<number>()
      const [b, rb] = mpsc.channel<number>()
      const h = task.spawn(async () => await Promise.all([ra.recv(), rb.recv()]))
      await turn()
      a.send(1)
      await turn()
      h.abort()
      b.send(2)
      return [rb.recv().try(), ra.recv().try(), await of(h)]
    },
    [2, undefined, 'CancelledError'],
  ],
  [
    'allSettled in aborted task',
    async () => {
      const [, ra] = mpsc.channel<number>()
      let res: PromiseSettledResult<unknown>[] = []
      const h = task.spawn(async _s => {
        res = await Promise.allSettled([ra.recv(), sleep(1e6)])
      })
      await turn()
      h.abort()
      await of(h)
      return res.map((r: PromiseSettledResult<unknown>) => nameOf((r as PromiseRejectedResult).reason))
    },
    ['CancelledError', 'CancelledError'],
  ],
  [
    'using guard in aborted task is released',
    async () => {
      const m = new Mutex(0)
      const [, rx] = mpsc.channel<number>()
      const h = task.spawn(async () => {
        using g = await m.lock()
        g.value++
        await rx.recv()
      })
      await turn()
      h.abort()
      await turn()
      return [await of(m.with(n => n).within(500)), m.isPoisoned]
    },
    [1, false],
  ],
  [
    'JoinSet joinNext after abort of one',
    async () => {
      const s = new JoinSet<number>()
      const h = s.spawn(async () => {
        await sleep(1e6)
        return 1
      })
      s.spawn(async () => {
        await sleep(5)
        return 2
      })
      await turn()
      h.abort()
      return [await of(s.joinNext()), await of(s.joinNext()), await of(s.joinNext())]
    },
    ['CancelledError', 2, undefined],
  ],
  [
    'JoinSet disposed while joinNext pending',
    async () => {
      const s = new JoinSet<number>()
      s.spawn(() => new Promise<number>(() => {}))
      const p = of(s.joinNext())
      await turn()
      s[Symbol.dispose]()
      return await Promise.race([p, sleep(200).then(() => 'hang')])
    },
    'CancelledError',
  ],
  [
    'nested timeouts: inner first',
    async () => [await of(timeout(1000, async () => await timeout(5, async () => await sleep(1e6))))],
    ['TimeoutError'],
  ],
  [
    'nested timeouts: outer first, inner job sees Timeout',
    async () => {
      let inner: unknown
      const o = await of(
        timeout(5, async () => {
          try {
            await timeout(1e6, async () => await sleep(1e6))
          } catch (e) {
            inner = nameOf(e)
            throw e
          }
        }),
      )
      await turn()
      return [o, inner]
    },
    ['TimeoutError', 'TimeoutError'],
  ],
  [
    'timeout(0) with a ready recv',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      tx.send(4)
      return await of(timeout(0, () => rx.recv()))
    },
    4,
  ],
  [
    'timeout catch and go on waits again',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      const a = await of(timeout(5, () => rx.recv()))
      tx.send(1)
      return [a, await of(timeout(1000, () => rx.recv()))]
    },
    ['TimeoutError', 1],
  ],
  [
    'retry loop with timeouts',
    async () => {
      const [tx, rx] = mpsc.channel<string>()
      setTimeout(() => tx.send('x'), 30)
      for (let i = 0; ; i++) {
        try {
          return await timeout(8, async () => await rx.recv())
        } catch (e) {
          if (!(e instanceof TimeoutError) || i > 50) throw e
        }
      }
    },
    'x',
  ],
  [
    'mutex loop tasks with random aborts keeps count',
    async () => {
      const m = new Mutex(0)
      let done = 0
      const hs = Array.from({ length: 200 }, () =>
        task.spawn(async () => {
          await m.update(n => n + 1)
          done++
        }),
      )
      await turn(1)
      for (let i = 0; i < 200; i += 3) hs[i].abort()
      await Promise.allSettled(hs)
      return (await m.with(n => n)) === done
    },
    true,
  ],
  [
    'semaphore limit with aborts',
    async () => {
      const s = new Semaphore(2)
      let now = 0,
        most = 0
      const hs = Array.from({ length: 50 }, () =>
        task.spawn(async () => {
          using _p = await s.acquire()
          most = Math.max(most, ++now)
          try {
            await sleep(1)
          } finally {
            now--
          }
        }),
      )
      await turn()
      for (let i = 0; i < 50; i += 2) hs[i].abort()
      await Promise.allSettled(hs)
      await turn()
      return [most, s.availablePermits]
    },
    [2, 2],
  ],
  [
    'scope cancels sibling recv',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      const r = await of(
        task.scope(async s => {
          s.spawn(async () => {
            for await (const x of rx) void x
          })
          s.spawn(async () => {
            await sleep(5)
            throw new RangeError('x')
          })
        }),
      )
      tx.send(1)
      return [r, rx.recv().try()]
    },
    ['RangeError', 1],
  ],
  [
    'scope.cancel from a child ends waits of function',
    async () => {
      const [, rx] = mpsc.channel<number>()
      return await Promise.race([
        of(
          task.scope(async s => {
            s.spawn(async () => {
              await sleep(5)
              s.cancel()
            })
            return await rx.recv()
          }),
        ),
        sleep(500).then(() => 'hang'),
      ])
    },
    'CancelledError',
  ],
  [
    'scope.cancel by its function goes on',
    async () =>
      await of(
        task.scope(async s => {
          const h = s.spawn(async () => await sleep(1e6))
          await sleep(1)
          s.cancel()
          await sleep(1)
          return [await of(h), 'end']
        }),
      ),
    ['CancelledError', 'end'],
  ],
  [
    'signal of task given to within too',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      let e: unknown
      const h = task.spawn(async signal => {
        try {
          await rx.recv().within({ signal })
        } catch (x) {
          e = x
          throw x
        }
      })
      await turn()
      h.abort()
      await of(h)
      tx.send(1)
      return [nameOf(e), rx.recv().try()]
    },
    ['CancelledError', 1],
  ],
  [
    'AbortSignal.timeout',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      void tx
      return await of(rx.recv().within({ signal: AbortSignal.timeout(5) }))
    },
    'TimeoutError',
  ],
  [
    'abort reason not an error',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      const c = new AbortController()
      const p = of(rx.recv().within({ signal: c.signal }))
      c.abort('stop')
      void tx
      return await p
    },
    'stop',
  ],
  [
    'signal + ms',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      void tx
      return await of(rx.recv().within({ ms: 5, signal: new AbortController().signal }))
    },
    'TimeoutError',
  ],
  [
    'within of within',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      void tx
      const c = new AbortController()
      setTimeout(() => c.abort(new RangeError('r')), 5)
      return await of(rx.recv().within(1000).within({ signal: c.signal }).within(2000))
    },
    'RangeError',
  ],
  [
    'select with two arms of signals',
    async () => {
      const [a, ra] = mpsc.channel<number>()
      const [b, rb] = mpsc.channel<number>()
      void a
      const c = new AbortController()
      const p = of(select({ a: ra.recv().within({ signal: c.signal }), b: rb.recv() }))
      await turn()
      b.send(5)
      c.abort()
      return await p
    },
    { key: 'b', value: 5 },
  ],
  [
    'abort self',
    async () => {
      const h: { abort(): void } & PromiseLike<unknown> = task.spawn(async () => {
        h.abort()
        await sleep(1)
        return 1
      })
      return await of(h)
    },
    'CancelledError',
  ],
  [
    'abort twice, join many',
    async () => {
      const h = task.spawn(async () => await sleep(1e6))
      await turn()
      h.abort()
      h.abort()
      return [await of(h), await of(h.join()), h.isFinished()]
    },
    ['CancelledError', 'CancelledError', true],
  ],
  [
    'task spawned in aborted task lives',
    async () => {
      let inner: PromiseLike<unknown> | undefined
      const h = task.spawn(async () => {
        inner = task.spawn(async () => {
          await sleep(10)
          return 'lives'
        })
        await sleep(1e6)
      })
      await turn()
      h.abort()
      return await of(inner!)
    },
    'lives',
  ],
  [
    'thread spawned in aborted task lives',
    async () => {
      let inner: PromiseLike<unknown> | undefined
      const h = task.spawn(async () => {
        inner = thread.spawn(() => 3)
        await sleep(1e6)
      })
      await turn()
      h.abort()
      return await of(inner!)
    },
    3,
  ],
  [
    'setInterval in task after abort',
    async () => {
      const m = new Mutex(0)
      let failures = 0
      let t: NodeJS.Timeout | undefined
      const h = task.spawn(async () => {
        t = setInterval(
          () =>
            void m
              .update(n => n + 1)
              .then(
                () => {},
                () => failures++,
              ),
          2,
        )
        await sleep(1e6)
      })
      await sleep(20)
      h.abort()
      const at = await m.with(n => n)
      await sleep(20)
      clearInterval(t)
      return [(await m.with(n => n)) === at, failures > 0]
    },
    [true, true],
  ],
  [
    'user ALS kept in tasks',
    async () => {
      const als = new AsyncLocalStorage<string>()
      return await als.run(
        'v',
        async () =>
          await task.spawn(async () => {
            await sleep(1)
            return als.getStore()
          }),
      )
    },
    'v',
  ],
  [
    'condvar until aborted: lock free',
    async () => {
      const m = new Mutex(0),
        c = new Condvar()
      const h = task.spawn(async () => {
        using g = await m.lock()
        await c.until(g, v => v > 0)
      })
      await turn()
      h.abort()
      await turn()
      return await of(m.update(n => n + 1).within(500))
    },
    1,
  ],
  [
    'condvar notify goes to the other',
    async () => {
      const m = new Mutex(0),
        c = new Condvar()
      const wait = async () => {
        using g = await m.lock()
        await c.until(g, v => v > 0)
        g.value--
        return 'got'
      }
      const a = task.spawn(wait),
        b = task.spawn(wait)
      await turn()
      {
        using g = await m.lock()
        g.value = 1
      }
      c.notifyOne()
      a.abort()
      return [await of(a), await of(b.within(500))]
    },
    ['CancelledError', 'got'],
  ],
  [
    'barrier abort before the last',
    async () => {
      const b = new Barrier(2)
      const h = task.spawn(async () => await b.arrive())
      await turn()
      h.abort()
      const late = b.arrive().within(10)
      return [await of(h), await of(late)]
    },
    ['CancelledError', 'TimeoutError'],
  ],
  [
    'oneshot reply lost to aborted asker: sender learns',
    async () => {
      const [tx, rx] = oneshot.channel<number>()
      const h = task.spawn(async () => {
        using r = rx
        await r.recv()
      })
      await turn()
      h.abort()
      await turn()
      try {
        tx.send(1)
        return 'sent'
      } catch (e) {
        return nameOf(e)
      }
    },
    'ClosedError',
  ],
  [
    'watch changed aborted, not seen',
    async () => {
      const [tx, rx] = watch.channel(0)
      const h = task.spawn(async () => await rx.changed())
      await turn()
      tx.send(1)
      h.abort()
      return await of(
        rx
          .changed()
          .within(100)
          .then(() => rx.borrow()),
      )
    },
    1,
  ],
  [
    'broadcast abort',
    async () => {
      const [tx, rx] = broadcast.channel<number>(4)
      const h = task.spawn(async () => await rx.recv())
      await turn()
      tx.send(1)
      h.abort()
      return await of(rx.recv().within(100))
    },
    1,
  ],
  [
    'stream in timeout',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      tx.send(1)
      const got: number[] = []
      const r = await of(
        timeout(20, async () => {
          for await (const x of rx.stream()) got.push(x)
        }),
      )
      return [r, got]
    },
    ['TimeoutError', [1]],
  ],
  [
    'sendAll from generator aborted',
    async () => {
      const [tx, rx] = mpsc.channel<number>(2)
      let closed = false
      const h = task.spawn(async () => {
        async function* g() {
          try {
            for (let i = 0; ; i++) yield i
          } finally {
            closed = true
          }
        }
        await tx.sendAll(g())
      })
      await turn()
      h.abort()
      await turn()
      return [await of(h), closed, [...rx.tryIter()].length]
    },
    ['CancelledError', true, 2],
  ],
  [
    'par in aborted task',
    async () => {
      const h = task.spawn(
        async () =>
          await parIter(Array.from({ length: 1000 }, (_, i) => i))
            .map(busy)
            .sum(),
      )
      await sleep(20)
      h.abort()
      return [await of(h), await of(parIter([1, 2]).sum())]
    },
    ['CancelledError', 3],
  ],
  [
    'lockAll aborted holds none',
    async () => {
      const a = new Mutex(0),
        b = new Mutex(0)
      const g = await b.lock()
      const h = task.spawn(async () => {
        using _x = await lockAll(a, b)
      })
      await turn()
      h.abort()
      drop(g)
      return [await of(a.with(() => 1).within(300)), await of(b.with(() => 1).within(300))]
    },
    [1, 1],
  ],
  [
    'rwlock writer aborted lets readers in',
    async () => {
      const l = new RwLock(0)
      const r = await l.read()
      const w = task.spawn(async () => {
        using _g = await l.write()
      })
      await turn()
      const r2 = of(
        l
          .read()
          .within(500)
          .then(g => (drop(g), 'in')),
      )
      await turn()
      w.abort()
      const x = await r2
      drop(r)
      return x
    },
    'in',
  ],
  [
    'onceLock getOrInit in aborted',
    async () => {
      const c = new OnceLock<number>()
      const h = task.spawn(async () => {
        await sleep(1e6)
        return await c.getOrInit(() => 1)
      })
      await turn()
      h.abort()
      await turn()
      return [c.get(), await c.getOrInit(() => 2)]
    },
    [undefined, 2],
  ],
  [
    'waitgroup',
    async () => {
      const g = new WaitGroup()
      const o = g.clone()
      const h = task.spawn(async () => {
        await sleep(1e6)
        drop(o)
      })
      await turn()
      h.abort()
      return await of(g.finished().within(20))
    },
    'TimeoutError',
  ],
  [
    'concurrentmap wait in aborted',
    async () => {
      const m = new ConcurrentMap<string, number>()
      const h = task.spawn(async () => {
        await task.yieldNow()
        await m.set('a', 1)
      })
      await Promise.resolve()
      h.abort()
      await turn(5)
      return [await m.get('a'), await of(h)]
    },
    [undefined, 'CancelledError'],
  ],
  [
    'select.biased stop pattern',
    async () => {
      const [stop, stopped] = oneshot.channel<void>()
      const [tx, rx] = mpsc.channel<number>()
      const h = task.spawn(async () => {
        let n = 0
        for (;;) {
          const r = await select.biased({ stop: stopped.recv(), m: rx.recv() })
          if (r.key === 'stop') return n
          n++
        }
      })
      tx.send(1)
      tx.send(2)
      await turn()
      stop.send()
      return await of(h)
    },
    2,
  ],
  [
    'cleanup in finally of a taker',
    async () => {
      const [tx, rx] = mpsc.channel<string>()
      const h = task.spawn(async _s => {
        try {
          await sleep(1e6)
        } finally {
          tx.send('bye')
          await sleep(1)
          tx.send('bye2')
        }
      })
      await turn()
      h.abort()
      await of(h)
      return [...rx.tryIter()]
    },
    ['bye', 'bye2'],
  ],
  [
    'await using in aborted task without signal',
    async () => {
      let closed = 0
      class R {
        async [Symbol.asyncDispose]() {
          await new Promise(r => setTimeout(r, 1))
          closed++
        }
      }
      const h = task.spawn(async () => {
        await using _r = new R()
        await sleep(1e6)
      })
      await turn()
      h.abort()
      await sleep(20)
      return closed
    },
    1,
  ],
  [
    'await using JoinSet in aborted task',
    async () => {
      let ended = 0
      const h = task.spawn(async () => {
        await using s = new JoinSet<void>()
        s.spawn(async _sig => {
          try {
            await sleep(1e6)
          } finally {
            ended++
          }
        })
        await s.joinNext()
      })
      await turn()
      h.abort()
      await sleep(10)
      return ended
    },
    1,
  ],
  [
    'concurrency JoinSet: abort frees slot',
    async () => {
      const s = new JoinSet<number>({ concurrency: 1 })
      const a = s.spawn(async () => {
        await sleep(1e6)
        return 1
      })
      s.spawn(async () => 2)
      await turn()
      a.abort()
      return [await of(s.joinNext()), await of(s.joinNext().within(500))]
    },
    ['CancelledError', 2],
  ],
  [
    'joinAll in aborted task aborts the rest',
    async () => {
      let ended = 0
      const h = task.spawn(async () => {
        const s = new JoinSet<void>()
        for (let i = 0; i < 3; i++)
          s.spawn(async () => {
            try {
              await sleep(1e6)
            } finally {
              ended++
            }
          })
        await s.joinAll()
      })
      await turn()
      h.abort()
      await turn()
      return ended
    },
    3,
  ],
  [
    'timeout of timeouts job result Wait',
    async () => [await of(timeout(1000, () => sleep(1).then(() => 1))), await of(timeout(1, () => sleep(1e6)))],
    [1, 'TimeoutError'],
  ],
  [
    'timeout with thread handle',
    async () => {
      const h = thread.spawn(() => {
        const e = Date.now() + 100
        while (Date.now() < e);
        return 5
      })
      const a = await of(timeout(5, () => h))
      return [a, await of(h)]
    },
    ['TimeoutError', 5],
  ],
  [
    'task returning a thread handle, aborted',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      const h = task.spawn(() => thread.spawn(move(() => rx.recv().wait())))
      await turn()
      h.abort()
      tx.send(1)
      return await of(h)
    },
    'CancelledError',
  ],
  [
    'after() in select in task',
    async () => await of(task.spawn(async () => (await select({ t: after(5).recv(), n: sleep(1e6) })).key)),
    't',
  ],
  [
    'many waits of one signal',
    async () => {
      const c = new AbortController()
      const [tx, rx] = mpmc.channel<number>()
      void tx
      const ps = Array.from({ length: 1000 }, () => of(rx.recv().within({ signal: c.signal })))
      await turn()
      c.abort()
      const r = await Promise.all(ps)
      return r.every(x => x === 'AbortError')
    },
    true,
  ],
  [
    'abort 10k tasks waiting for a lock',
    async () => {
      const m = new Mutex(0)
      const g = await m.lock()
      const hs = Array.from({ length: 10000 }, () =>
        task.spawn(async () => {
          using _x = await m.lock()
        }),
      )
      await turn()
      for (const h of hs) h.abort()
      drop(g)
      return await of(m.with(() => 'free').within(1000))
    },
    'free',
  ],
  [
    'sender dropped while aborted task waited',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      const h = task.spawn(async () => await rx.recv())
      await turn()
      drop(tx)
      h.abort()
      return [await of(h), await of(rx.recv())]
    },
    ['CancelledError', 'ClosedError'],
  ],
  [
    'moved receiver while task waits',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      const h = task.spawn(async () => await rx.recv())
      await turn()
      const t = thread.spawn(move(() => rx.recv().wait()))
      tx.send(3)
      return [await of(h), await of(t)]
    },
    ['MovedError', 3],
  ],
  [
    'select with parIter arm and time',
    async () => {
      const r = await select({
        sum: parIter(Array.from({ length: 400 }, (_, i) => i))
          .map(busy)
          .sum(),
        late: sleep(30),
      })
      return r.key
    },
    'late',
  ],
  [
    'parIter in select leaves event loop free',
    async () => {
      let ticks = 0
      const t = setInterval(() => ticks++, 10)
      const r = await select({
        sum: parIter(Array.from({ length: 300 }, (_, i) => i))
          .map(busy)
          .sum(),
        never: sleep(1e6),
      })
      clearInterval(t)
      return [r.key, ticks > 3]
    },
    ['sum', true],
  ],
  [
    'parIter within in select',
    async () =>
      await of(
        select({
          sum: parIter(Array.from({ length: 2000 }, (_, i) => i))
            .map(busy)
            .sum()
            .within(30),
          never: sleep(1e6),
        }),
      ),
    'TimeoutError',
  ],
  [
    'deadline shared',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      void tx
      const d = new Date(Date.now() + 20)
      return [await of(rx.recv().within(d)), await of(rx.recv().within({ ms: d }))]
    },
    ['TimeoutError', 'TimeoutError'],
  ],
  [
    'error in update in aborted',
    async () => {
      const m = new Mutex(0)
      const g = await m.lock()
      const h = task.spawn(
        async () =>
          await m.update(() => {
            throw new RangeError('never')
          }),
      )
      await turn()
      h.abort()
      drop(g)
      await turn()
      return [await of(h), m.isPoisoned]
    },
    ['CancelledError', false],
  ],
  [
    'lazy then caching: same Wait twice',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      const w = rx.recv()
      tx.send(1)
      tx.send(2)
      return [await w, await w]
    },
    [1, 2],
  ],
  [
    'finally/catch on waits in aborted task',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      void tx
      const log: string[] = []
      const h = task.spawn(async _s => {
        await rx
          .recv()
          .finally(() => {
            log.push('f')
          })
          .catch(e => {
            log.push(String(nameOf(e)))
          })
        log.push('on')
      })
      await turn()
      h.abort()
      await of(h)
      return log
    },
    ['f', 'CancelledError', 'on'],
  ],
  [
    'abort racing mpmc thread senders: exact count',
    async () => {
      const [tx, rx] = mpmc.channel<number>()
      const N = 20000
      const t = thread.spawn(
        move(() => {
          for (let i = 0; i < N; i++) {
            tx.send(1)
          }
        }),
      )
      let got = 0
      let stop = false
      const run = async () => {
        while (!stop) {
          const h = task.spawn(async () => {
            got += await rx.recv()
          })
          if (Math.random() < 0.5) await turn(1)
          h.abort()
          await turn(1)
        }
      }
      const r = run()
      await t
      stop = true
      await r
      let left = 0
      for (;;) {
        const v = rx.recv().tryResult()
        if (v.status !== 'fulfilled') break
        left++
      }
      return got + left
    },
    20000,
  ],
  [
    'bounded channel: aborted senders never send',
    async () => {
      const [tx, rx] = mpsc.channel<number>(1)
      tx.send(0).try()
      const hs = Array.from({ length: 20 }, (_, i) =>
        task.spawn(async () => {
          await tx.send(i + 1)
        }),
      )
      await turn()
      hs.forEach((h, i) => i % 2 && h.abort())
      const got: number[] = []
      for (let i = 0; i < 11; i++) got.push(await rx.recv().within(500))
      return [got.filter(n => n % 2 === 0 && n > 0).length, rx.recv().try()]
    },
    [0, undefined],
  ],
  [
    'timeouted lock then real lock',
    async () => {
      const m = new Mutex(1)
      const g = await m.lock()
      const a = await of(
        timeout(5, async () => {
          using _x = await m.lock()
          return _x.value
        }),
      )
      drop(g)
      return [a, await m.with(v => v), m.isPoisoned]
    },
    ['TimeoutError', 1, false],
  ],
  [
    'reentrant in task',
    async () => {
      const m = new ReentrantMutex(0)
      const h = task.spawn(async () => {
        using _g = m.lock().wait()
        await sleep(1e6)
      })
      await turn()
      h.abort()
      await turn()
      return await thread
        .spawn(
          move(() => {
            using _g = m.lock().wait(500)
            return 'ok'
          }),
        )
        .join()
    },
    'ok',
  ],
  [
    'interval tick aborted',
    async () => {
      const t = tick(3)
      let n = 0
      const h = task.spawn(async () => {
        for (;;) {
          await t.recv()
          n++
        }
      })
      await sleep(20)
      h.abort()
      const at = n
      await sleep(20)
      return [n === at, at > 1]
    },
    [true, true],
  ],
  [
    'JoinSet of JoinSets',
    async () => {
      let ended = 0
      const outer = new JoinSet<void>()
      outer.spawn(async () => {
        using inner = new JoinSet<void>()
        for (let i = 0; i < 5; i++)
          inner.spawn(async () => {
            try {
              await sleep(1e6)
            } finally {
              ended++
            }
          })
        await inner.joinNext()
      })
      await turn()
      outer.abortAll()
      await turn()
      return ended
    },
    5,
  ],
  [
    'scope in scope',
    async () => {
      let ended = 0
      const h = task.spawn(
        async () =>
          await task.scope(async s => {
            s.spawn(
              async () =>
                await task.scope(async s2 => {
                  s2.spawn(async () => {
                    try {
                      await sleep(1e6)
                    } finally {
                      ended++
                    }
                  })
                }),
            )
          }),
      )
      await turn()
      h.abort()
      await turn()
      return ended
    },
    1,
  ],
  [
    'scope value though child aborted by hand',
    async () =>
      await of(
        task.scope(async s => {
          const h = s.spawn(async () => {
            await sleep(1e6)
          })
          await turn()
          h.abort()
          await of(h)
          return 'v'
        }),
      ),
    'v',
  ],
  [
    'scope: child aborted, not joined',
    async () =>
      await of(
        task.scope(async s => {
          const h = s.spawn(async () => {
            await sleep(1e6)
          })
          await turn()
          h.abort()
          return 'v'
        }),
      ),
    'v',
  ],
  [
    'unhandled rejections of aborted tasks',
    async () => {
      const seen: unknown[] = []
      const on = (e: unknown) => seen.push(nameOf(e))
      process.on('unhandledRejection', on)
      const h = task.spawn(async () => {
        await Promise.all([sleep(1e6), sleep(1e6), sleep(1e6)])
      })
      await turn()
      h.abort()
      await turn(5)
      process.off('unhandledRejection', on)
      return seen
    },
    [],
  ],
  [
    'unhandled: timeout over, job throws',
    async () => {
      const seen: unknown[] = []
      const on = (e: unknown) => seen.push(nameOf(e))
      process.on('unhandledRejection', on)
      await of(
        timeout(2, async () => {
          await sleep(1e6)
        }),
      )
      await turn(5)
      process.off('unhandledRejection', on)
      return seen
    },
    [],
  ],
  [
    'un-awaited wait in aborted task',
    async () => {
      const seen: unknown[] = []
      const on = (e: unknown) => seen.push(nameOf(e))
      process.on('unhandledRejection', on)
      const [tx, rx] = mpsc.channel<number>()
      const h = task.spawn(async () => {
        const p = rx.recv().then(() => {})
        await sleep(1e6)
        await p
      })
      await turn()
      h.abort()
      await turn(5)
      process.off('unhandledRejection', on)
      void tx
      return seen
    },
    [],
  ],
  [
    'task that never waits on lib',
    async () => {
      const g = Promise.withResolvers<number>()
      const h = task.spawn(async () => {
        return await g.promise
      })
      await turn()
      h.abort()
      g.resolve(1)
      return await of(h)
    },
    'CancelledError',
  ],
  [
    'events: abort listener gets CancelledError',
    async () => {
      let r: unknown
      const h = task.spawn(async s => {
        s.addEventListener('abort', () => {
          r = nameOf(s.reason)
        })
        await sleep(1e6)
      })
      await turn()
      h.abort()
      await of(h)
      return r
    },
    'CancelledError',
  ],
  [
    'AbortSignal.any of task signal',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      void tx
      const h = task.spawn(async signal => {
        await rx.recv().within({ signal: AbortSignal.any([signal, AbortSignal.timeout(1e6)]) })
      })
      await turn()
      h.abort()
      return await of(h)
    },
    'CancelledError',
  ],
  [
    'signal aborted inside select loop of plain code',
    async () => {
      const c = new AbortController()
      const [tx, rx] = mpsc.channel<number>()
      const got: number[] = []
      const loop = (async () => {
        try {
          for (;;) got.push(await rx.recv().within({ signal: c.signal }))
        } catch (e) {
          return nameOf(e)
        }
      })()
      for (let i = 0; i < 5; i++) tx.send(i)
      await turn()
      c.abort()
      tx.send(9)
      return [await loop, got, rx.recv().try()]
    },
    ['AbortError', [0, 1, 2, 3, 4], 9],
  ],
  [
    'joinNext in two places',
    async () => {
      const s = new JoinSet<number>()
      for (let i = 0; i < 4; i++) s.spawn(async () => i)
      const r = await Promise.all([s.joinNext(), s.joinNext(), s.joinNext(), s.joinNext(), s.joinNext()])
      return r.map(x => x ?? -1).sort()
    },
    [-1, 0, 1, 2, 3],
  ],
  ['joinAll empty', async () => await new JoinSet<number>().joinAll(), []],
  [
    'joinAll order',
    async () => {
      const s = new JoinSet<number>()
      for (const ms of [30, 10, 20])
        s.spawn(async () => {
          await sleep(ms)
          return ms
        })
      return await s.joinAll()
    },
    [10, 20, 30],
  ],
  [
    'joinAll with spawn meanwhile',
    async () => {
      const s = new JoinSet<number>()
      s.spawn(async () => {
        s.spawn(async () => 2)
        return 1
      })
      return await s.joinAll()
    },
    [1, 2],
  ],
  [
    'shutdown with failing task',
    async () => {
      const s = new JoinSet<void>()
      s.spawn(async () => {
        throw new Error('x')
      })
      s.spawn(async () => {
        await sleep(1e6)
      })
      await turn()
      await s.shutdown()
      return s.size
    },
    0,
  ],
  [
    'for await of set with break',
    async () => {
      const s = new JoinSet<number>()
      for (let i = 0; i < 3; i++) s.spawn(async () => i)
      for await (const v of s) {
        void v
        break
      }
      return s.size
    },
    2,
  ],
  [
    'timeout(Infinity)',
    async () =>
      await of(
        timeout(Infinity, async () => {
          await sleep(1)
          return 1
        }),
      ),
    1,
  ],
  [
    'timeout returning a task handle',
    async () => {
      const h = task.spawn(async () => {
        await sleep(20)
        return 3
      })
      return [await of(timeout(2, () => h)), await of(h)]
    },
    ['TimeoutError', 3],
  ],
  [
    'timeout whose f throws synchronously',
    async () =>
      await of(
        timeout(10, () => {
          throw new RangeError('x')
        }),
      ),
    'RangeError',
  ],
  [
    'timeout in thread',
    async () =>
      await thread
        .spawn(async () => {
          try {
            await timeout(5, async () => {
              await sleep(1e6)
            })
            return 'no'
          } catch (e) {
            return (e as Error).name
          }
        })
        .join(),
    'TimeoutError',
  ],
  [
    'abort in thread',
    async () =>
      await thread
        .spawn(async () => {
          const [tx, rx] = mpsc.channel<number>()
          const h = task.spawn(async () => await rx.recv())
          await sleep(2)
          h.abort()
          tx.send(7)
          return await rx.recv()
        })
        .join(),
    7,
  ],
  [
    'thread ends with aborted waits',
    async () =>
      await thread
        .spawn(async () => {
          const [tx, rx] = mpsc.channel<number>()
          const h = task.spawn(async () => await rx.recv())
          await sleep(2)
          tx.send(1)
          h.abort()
          return 5
        })
        .join(),
    5,
  ],
  [
    'select wait in thread blocking with signal',
    async () =>
      await thread
        .spawn(() => {
          const [tx, rx] = mpsc.channel<number>()
          void tx
          try {
            return rx.recv().within({ ms: 10, signal: new AbortController().signal }).wait()
          } catch (e) {
            return (e as Error).name
          }
        })
        .join(),
    'TimeoutError',
  ],
  [
    'within({}) is no limit',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      tx.send(2)
      return await rx.recv().within({})
    },
    2,
  ],
  [
    'tryResult of aborted signal',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      tx.send(2)
      const r = rx.recv().within({ signal: AbortSignal.abort() }).tryResult()
      return [r.status, rx.recv().try()]
    },
    ['rejected', 2],
  ],
  [
    'semaphore acquire(3) at head aborted lets small in',
    async () => {
      const s = new Semaphore(1)
      const big = task.spawn(async () => {
        using _p = await s.acquire(3)
      })
      await turn()
      const small = of(
        s
          .acquire()
          .within(500)
          .then(p => (drop(p), 'in')),
      )
      await turn()
      big.abort()
      return await small
    },
    'in',
  ],
  [
    'reserve aborted keeps room',
    async () => {
      const [tx, rx] = mpsc.channel<number>(1)
      const p = await tx.reserve()
      const h = task.spawn(async () => {
        using _q = await tx.reserve()
      })
      await turn()
      drop(p)
      h.abort()
      await turn()
      tx.send(1).try()
      return rx.recv().try()
    },
    1,
  ],
  [
    'upgrade aborted',
    async () => {
      const l = new RwLock(0)
      const r = await l.read()
      const h = task.spawn(async () => {
        using u = await l.upgradableRead()
        using _w = await u.upgrade()
      })
      await turn()
      h.abort()
      drop(r)
      await turn()
      return await of(
        l
          .write()
          .within(500)
          .then(g => (drop(g), 'w')),
      )
    },
    'w',
  ],
  [
    'lazy lock in an aborted task',
    async () => {
      const m = new Arc(new Mutex(0))
      const g = await m.lock()
      const h = task.spawn(async () => await m.update(n => n + 1))
      await turn()
      h.abort()
      drop(g)
      await turn()
      return await m.with(n => n)
    },
    0,
  ],
  [
    'ALS of the user in update callback',
    async () => {
      const als = new AsyncLocalStorage<string>()
      const m = new Mutex(0)
      const g = await m.lock()
      let seen: unknown
      const p = als.run('mine', async () => {
        await m.update(n => {
          seen = als.getStore()
          return n
        })
      })
      await als.run('other', async () => {
        drop(g)
        await p
      })
      return seen
    },
    'mine',
  ],
]

for (const [name, program, gives] of PROGRAMS) {
  test(name, limit, async () => assert.deepEqual(await program(), gives))
}
