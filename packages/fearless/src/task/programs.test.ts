/**
 * Small programs of waits, tasks, limits and selects, written as a user would to find a gap. Each has the documented
 * result.
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

/** The value of a wait, or the name of its error. */
const of = async (wait: PromiseLike<unknown>): Promise<unknown> => wait.then(value => value, nameOf)

/** Runs the event loop until all code has run that needs no further event. */
async function turn(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise<void>(resolve => void setImmediate(resolve))
}

const busy = (i: number): number => {
  for (const end = performance.now() + 1; performance.now() < end;);
  return i
}

const PROGRAMS: readonly [name: string, program: () => Promise<unknown>, gives: unknown][] = [
  [
    'a timeout around a for await leaves later messages in the channel',
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
    'an abort ends a loop over select and takes no later message',
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
    'an aborted task in Promise.all leaves the message of its pending arm in the channel',
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
    'an abort rejects all waits in a Promise.allSettled with CancelledError',
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
    'an abort releases the guard of a using declaration without poisoning the lock',
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
    'joinNext throws CancelledError for an aborted task, then returns the next value',
    async () => {
      const s = new JoinSet<number>()
      const h = s.spawn(async () => {
        await sleep(1e6)
        return 1
      })
      let finish!: (value: number) => void
      s.spawn(() => new Promise<number>(resolve => void (finish = resolve)))
      await turn()
      h.abort()
      const first = await of(s.joinNext())
      finish(2)
      return [first, await of(s.joinNext()), await of(s.joinNext())]
    },
    ['CancelledError', 2, undefined],
  ],
  [
    'disposing a JoinSet ends a pending joinNext with CancelledError',
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
    'an inner timeout that ends first throws through the outer one',
    async () => [await of(timeout(1000, async () => await timeout(5, async () => await sleep(1e6))))],
    ['TimeoutError'],
  ],
  [
    'an outer timeout that ends first ends the wait of the inner job with TimeoutError',
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
    'a timeout of 0 returns a message that is there',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      tx.send(4)
      return await of(timeout(0, () => rx.recv()))
    },
    4,
  ],
  [
    'a receive succeeds after an earlier one has timed out',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      const a = await of(timeout(5, () => rx.recv()))
      tx.send(1)
      return [a, await of(timeout(1000, () => rx.recv()))]
    },
    ['TimeoutError', 1],
  ],
  [
    'a loop that retries after each timeout receives a late message',
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
    'an aborted update of a Mutex changes nothing',
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
    'aborted tasks return all permits and never exceed the limit of a semaphore',
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
    'a failing child of a scope ends the receive of its sibling without taking a message',
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
    "a scope cancelled by a child ends the wait of the scope's function",
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
    "a scope's function that cancels the scope runs on",
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
    "a wait that is also limited by the task's signal ends once and takes nothing",
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
    'a wait limited by AbortSignal.timeout throws TimeoutError',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      void tx
      return await of(rx.recv().within({ signal: AbortSignal.timeout(5) }))
    },
    'TimeoutError',
  ],
  [
    'a wait throws the reason of its signal even if that is no error',
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
    'a wait with a signal and a time limit ends at the time limit',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      void tx
      return await of(rx.recv().within({ ms: 5, signal: new AbortController().signal }))
    },
    'TimeoutError',
  ],
  [
    'a wait with three nested limits ends at the first one',
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
    'a select whose one arm is aborted returns the arm that is ready',
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
    'a task that aborts itself rejects with CancelledError',
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
    'every join of a task that was aborted twice throws CancelledError',
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
    'a task that was spawned by an aborted task runs on',
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
    'a thread that was spawned by an aborted task runs on',
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
    'waits in an interval of an aborted task fail and change nothing',
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
    "a task keeps the value of the program's AsyncLocalStorage",
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
    'an aborted wait for a Condvar releases the lock',
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
    'the notification of an aborted waiter of a Condvar goes to the next one',
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
    'an aborted arrival at a Barrier is not counted',
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
    'a send to the oneshot of an aborted task throws ClosedError',
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
    'an aborted changed() does not mark the value as seen',
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
    'an aborted receive of a broadcast takes no message',
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
    'a timeout around a stream keeps the messages that were read',
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
    'an abort of sendAll closes its generator',
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
    'an abort ends a parallel iterator, and a later one succeeds',
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
    'an aborted lockAll holds no lock',
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
    'an aborted writer of an RwLock lets waiting readers in',
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
    'an aborted task leaves a OnceLock empty',
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
    'a member of a WaitGroup that an aborted task did not drop is waited for',
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
    'an aborted task does not set an entry of a ConcurrentMap',
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
    'select.biased returns the stop arm after all messages were received',
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
    'a task that takes its signal may send and sleep in finally after an abort',
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
    'an abort runs the asynchronous disposer of a task without a signal',
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
    'an abort shuts down the JoinSet of an await using declaration',
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
    'an abort lets the next held-back task of a JoinSet run',
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
    'an abort of joinAll aborts the tasks of its set',
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
    'a timeout applies its limit to a Wait that the job returns',
    async () => [await of(timeout(1000, () => sleep(1).then(() => 1))), await of(timeout(1, () => sleep(1e6)))],
    [1, 'TimeoutError'],
  ],
  [
    'a timeout of a JoinHandle leaves its thread running',
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
    'an aborted task that returned a JoinHandle rejects with CancelledError',
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
    'a timer of after() can be an arm of a select in a task',
    async () => await of(task.spawn(async () => (await select({ t: after(5).recv(), n: sleep(1e6) })).key)),
    't',
  ],
  [
    'an abort of one signal ends a thousand waits',
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
    'a lock is free after 10,000 tasks that waited for it were aborted',
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
    'a receive of an aborted task throws CancelledError after its sender was dropped',
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
    'a pending receive throws MovedError if its receiver moves to a thread',
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
    'a select with a parallel iterator returns the sleep that ends first',
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
    'a parallel iterator in a select lets timers run',
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
    'a limited parallel iterator in a select throws TimeoutError',
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
    'two waits can share one deadline',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      void tx
      const d = new Date(Date.now() + 20)
      return [await of(rx.recv().within(d)), await of(rx.recv().within({ ms: d }))]
    },
    ['TimeoutError', 'TimeoutError'],
  ],
  [
    'an aborted update neither calls its function nor poisons the lock',
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
    'awaiting the same Wait twice receives two messages',
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
    'finally and catch of an aborted wait run in order',
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
    'aborts of receives that race with a sending thread lose no message',
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
    'an aborted send into a full channel sends nothing',
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
    'a lock can be acquired after an earlier acquisition timed out',
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
    'an abort releases a ReentrantMutex for other threads',
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
    'an abort ends a loop over the ticks of a timer',
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
    'an abort of a JoinSet aborts the tasks of a JoinSet in its task',
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
    'an abort of a task aborts the tasks of its nested scopes',
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
    'a scope returns its value after a child was aborted and joined',
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
    'a scope returns its value after a child was aborted and not joined',
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
    'an aborted task leaves no unhandled rejection',
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
    'a job that fails after its timeout leaves no unhandled rejection',
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
    'a wait that an aborted task never awaits leaves no unhandled rejection',
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
    'an aborted task without a wait of this library rejects with CancelledError',
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
    'the signal of an aborted task has a CancelledError as its reason',
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
    "a wait limited by AbortSignal.any of the task's signal ends at its abort",
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
    'a signal ends a receive loop outside of tasks and takes no later message',
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
    'concurrent joinNext calls return each value once, then undefined',
    async () => {
      const s = new JoinSet<number>()
      for (let i = 0; i < 4; i++) s.spawn(async () => i)
      const r = await Promise.all([s.joinNext(), s.joinNext(), s.joinNext(), s.joinNext(), s.joinNext()])
      return r.map(x => x ?? -1).sort()
    },
    [-1, 0, 1, 2, 3],
  ],
  ['joinAll of an empty JoinSet returns an empty array', async () => await new JoinSet<number>().joinAll(), []],
  [
    'joinAll returns the values in the order of completion',
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
    'joinAll includes a task that is spawned during it',
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
    'shutdown empties a JoinSet with a failed task',
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
    'a break in a for await over a JoinSet keeps the remaining tasks',
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
    'a timeout of Infinity never ends',
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
    'a timeout of a TaskHandle leaves its task running',
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
    'a timeout rejects with the error that its job throws synchronously',
    async () =>
      await of(
        timeout(10, () => {
          throw new RangeError('x')
        }),
      ),
    'RangeError',
  ],
  [
    'a timeout in a thread throws TimeoutError',
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
    'an aborted receive in a thread takes no message',
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
    'a thread with an aborted wait returns its value',
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
    'a blocking wait with a signal ends at its time limit in a thread',
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
    'within({}) sets no limit',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      tx.send(2)
      return await rx.recv().within({})
    },
    2,
  ],
  [
    'tryResult of a wait with an aborted signal is rejected and takes nothing',
    async () => {
      const [tx, rx] = mpsc.channel<number>()
      tx.send(2)
      const r = rx.recv().within({ signal: AbortSignal.abort() }).tryResult()
      return [r.status, rx.recv().try()]
    },
    ['rejected', 2],
  ],
  [
    'an aborted large acquire lets a smaller one behind it succeed',
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
    'an aborted reserve keeps the room in its channel',
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
    'an aborted upgrade releases the RwLock',
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
    'an aborted update of a Mutex in an Arc changes nothing',
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
    'the callback of an update runs in the AsyncLocalStorage context of its caller',
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
