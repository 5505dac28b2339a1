/** A million operations of every kind in a heap of 16 MiB: each kind leaves the heap as it was. */
import assert from 'node:assert/strict'
import {
  after,
  Arc,
  ArrayQueue,
  AtomicBool,
  AtomicF64,
  AtomicI32,
  AtomicI64,
  AtomicU8,
  Barrier,
  broadcast,
  clone,
  ConcurrentMap,
  Condvar,
  drop,
  JoinSet,
  LazyLock,
  lockAll,
  move,
  mpmc,
  mpsc,
  Mutex,
  Once,
  OnceLock,
  oneshot,
  par,
  parIter,
  Rc,
  ReentrantMutex,
  RwLock,
  SegQueue,
  select,
  Semaphore,
  struct,
  task,
  thread,
  threadLocal,
  timeout,
  vec,
  WaitGroup,
  watch,
} from 'fearless'
import { heapInUse } from './heap.ts'

const OPERATIONS = 1_000_000
/** Bytes by which caches of shapes, texts and workers may grow. */
const SLACK = 64 * 1024

/** Performs `count` operations of a kind. */
type Operation = (count: number) => void | Promise<void>

/** Calls `each` `count` times. */
const repeated =
  (each: (n: number) => void): Operation =>
  count => {
    for (let n = 0; n < count; n++) each(n)
  }
const awaited =
  (each: (n: number) => PromiseLike<unknown>): Operation =>
  async count => {
    for (let n = 0; n < count; n++) await each(n)
  }

const Point = struct({ x: struct.f64, name: struct.str })
const local = threadLocal(() => ({ n: 0 }))

/** The kinds of operations. `fewer` divides their number, for operations that take long. */
const KINDS: readonly (readonly [name: string, fewer: number, operation: Operation])[] = [
  [
    'Mutex of a number',
    1,
    count => {
      const m = new Mutex(0)
      for (let n = 0; n < count; n++) {
        using g = m.lock().wait()
        g.value += 1
      }
      assert.equal(m.with(v => v).wait(), count)
      drop(m)
    },
  ],
  [
    'Mutex of an object',
    4,
    count => {
      const m = new Mutex({ n: 0, text: '' })
      for (let n = 0; n < count; n++)
        m.with(v => {
          v.n += 1
          v.text = 'x'.repeat(n % 90)
        }).wait()
      assert.equal(m.with(v => v.n).wait(), count)
      drop(m)
    },
  ],
  [
    'Mutex of a struct',
    2,
    count => {
      const m = new Mutex(Point({ x: 0, name: '' }))
      for (let n = 0; n < count; n++) {
        using g = m.lock().wait()
        g.value.x += 1
        g.value.name = 'y'.repeat(n % 40)
      }
      drop(m)
    },
  ],
  ['new Mutex', 2, repeated(n => drop(new Mutex({ n })))],
  [
    'RwLock',
    1,
    count => {
      const l = new RwLock(0)
      for (let n = 0; n < count; n++) {
        {
          using r = l.read().wait()
          assert.equal(r.value, n)
        }
        using w = l.write().wait()
        w.value += 1
      }
      drop(l)
    },
  ],
  [
    'RwLock, upgraded and downgraded',
    1,
    count => {
      const l = new RwLock(0)
      for (let n = 0; n < count; n++) {
        const u = l.upgradableRead().wait()
        const w = u.upgrade().wait()
        w.value += 1
        using r = w.downgrade()
        assert.equal(r.value, n + 1)
      }
      drop(l)
    },
  ],
  [
    'ReentrantMutex',
    1,
    count => {
      const m = new ReentrantMutex(0)
      for (let n = 0; n < count; n++) {
        using a = m.lock().wait()
        using b = m.lock().wait()
        assert.equal(a.value, b.value)
      }
      drop(m)
    },
  ],
  [
    'lockAll',
    2,
    count => {
      const [a, b] = [new Mutex(0), new Mutex(0)]
      for (let n = 0; n < count; n++) {
        using both = lockAll(a, b).wait()
        const [x, y] = both
        x.value += 1
        y.value += 1
      }
      drop(a)
      drop(b)
    },
  ],
  [
    'atomics',
    1,
    count => {
      const [a, b, c, d, e] = [
        new AtomicI32(0),
        new AtomicU8(0),
        new AtomicI64(0n),
        new AtomicF64(0),
        new AtomicBool(false),
      ]
      for (let n = 0; n < count; n++) {
        a.fetchAdd(1)
        b.fetchAdd(1)
        c.fetchAdd(1n)
        d.fetchAdd(0.5)
        e.store(n % 2 === 0)
      }
      assert.equal(a.load(), count)
      for (const x of [a, b, c, d, e]) drop(x)
    },
  ],
  ['new atomics', 1, repeated(n => drop(new AtomicI32(n)))],
  [
    'Arc, clone',
    1,
    count => {
      const a = new Arc({ n: 1 })
      for (let n = 0; n < count; n++) drop(Arc.clone(a))
      drop(a)
    },
  ],
  [
    'Weak',
    1,
    count => {
      const a = new Arc({ n: 1 })
      for (let n = 0; n < count; n++) {
        const w = Arc.downgrade(a)
        drop(w.upgrade()!)
        drop(w)
      }
      drop(a)
    },
  ],
  ['Rc', 1, repeated(n => assert.equal(new Rc({ n }).value.n, n))],
  [
    'Semaphore',
    1,
    count => {
      const s = new Semaphore(2)
      for (let n = 0; n < count; n++) drop(s.acquire(1 + (n % 2)).wait())
      drop(s)
    },
  ],
  [
    'Once',
    1,
    repeated(() => {
      const o = new Once()
      o.callOnce(() => {}).wait()
      drop(o)
    }),
  ],
  [
    'OnceLock',
    2,
    repeated(n => {
      const o = new OnceLock<{ n: number }>()
      assert.equal(o.getOrInit(() => ({ n })).wait().n, n)
      drop(o)
    }),
  ],
  [
    'LazyLock',
    50,
    repeated(n => {
      const o = new LazyLock(move(() => ({ n })))
      assert.equal(o.force().wait().n, n)
      drop(o)
    }),
  ],
  [
    'WaitGroup',
    1,
    repeated(() => {
      const g = new WaitGroup()
      drop(g.clone())
      g.finished().wait()
      drop(g)
    }),
  ],
  [
    'Barrier of one',
    1,
    count => {
      const b = new Barrier(1)
      for (let n = 0; n < count; n++) assert.equal(b.arrive().wait().isLeader, true)
      drop(b)
    },
  ],
  [
    'Condvar',
    1,
    count => {
      const c = new Condvar()
      const m = new Mutex(1)
      for (let n = 0; n < count; n++) {
        c.notifyAll()
        drop(c.until(m.lock().wait(), v => v === 1).wait())
      }
      drop(c)
      drop(m)
    },
  ],
  [
    'mpsc, numbers',
    1,
    count => {
      const [tx, rx] = mpsc.channel<number>()
      for (let n = 0; n < count; n++) {
        tx.send(n)
        assert.equal(rx.recv().try(), n)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'mpsc, objects',
    4,
    count => {
      const [tx, rx] = mpsc.channel<{ n: number; list: number[] }>()
      for (let n = 0; n < count; n++) {
        tx.send({ n, list: [n] })
        assert.equal(rx.recv().wait().n, n)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'mpsc, strings of all sizes',
    8,
    count => {
      const [tx, rx] = mpsc.channel<string>()
      for (let n = 0; n < count; n++) {
        tx.send('x'.repeat((n * 37) % 5000))
        assert.equal(rx.recv().wait().length, (n * 37) % 5000)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'mpsc, bounded',
    1,
    count => {
      const [tx, rx] = mpsc.channel<number>(4)
      for (let n = 0; n < count; n++) {
        tx.send(n).wait()
        assert.equal(rx.recv().wait(), n)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'mpsc, senders',
    1,
    count => {
      const [tx, rx] = mpsc.channel<number>()
      for (let n = 0; n < count; n++) {
        const other = tx.clone()
        other.send(n)
        drop(other)
        rx.recv().wait()
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'mpsc, senders in messages',
    4,
    count => {
      const [tx, rx] = mpsc.channel<Arc<Mutex<number>>>()
      for (let n = 0; n < count; n++) {
        const shared = new Arc(new Mutex(n))
        tx.send(shared)
        drop(shared)
        drop(rx.recv().wait())
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'channels, made and dropped',
    2,
    repeated(n => {
      const [tx, rx] = mpsc.channel<number>()
      tx.send(n)
      drop(tx)
      drop(rx)
    }),
  ],
  [
    'channels, dropped with messages',
    4,
    repeated(n => {
      const [tx, rx] = mpmc.channel<number[]>()
      tx.send([n])
      tx.send([n, n])
      drop(tx)
      drop(rx)
    }),
  ],
  [
    'mpmc',
    1,
    count => {
      const [tx, rx] = mpmc.channel<number>()
      for (let n = 0; n < count; n++) {
        tx.send(n)
        assert.equal(rx.recv().wait(), n)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'permits',
    1,
    count => {
      const [tx, rx] = mpsc.channel<number>(2)
      for (let n = 0; n < count; n++) {
        tx.reserve().wait().send(n)
        assert.equal(rx.recv().wait(), n)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'oneshot',
    2,
    repeated(n => {
      const [tx, rx] = oneshot.channel<number>()
      tx.send(n)
      assert.equal(rx.recv().wait(), n)
      drop(rx)
    }),
  ],
  [
    'broadcast',
    1,
    count => {
      const [tx, rx] = broadcast.channel<number>(8)
      for (let n = 0; n < count; n++) {
        tx.send(n)
        assert.equal(rx.recv().wait(), n)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'watch',
    2,
    count => {
      const [tx, rx] = watch.channel({ n: 0 })
      for (let n = 1; n <= count; n++) {
        tx.send({ n })
        assert.equal(rx.borrowAndUpdate().n, n)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'queues',
    1,
    count => {
      const [a, b] = [new ArrayQueue<number>(4), new SegQueue<number>()]
      for (let n = 0; n < count; n++) {
        a.push(n)
        b.push(n)
        assert.equal(a.pop(), b.pop())
      }
      drop(a)
      drop(b)
    },
  ],
  [
    'ConcurrentMap',
    2,
    count => {
      const map = new ConcurrentMap<string, { n: number }>()
      for (let n = 0; n < count; n++) {
        map.set(`k${n % 1000}`, { n }).wait()
        if (n % 3 === 0) map.remove(`k${(n * 7) % 1000}`).wait()
      }
      map.clear().wait()
      drop(map)
    },
  ],
  [
    'vec',
    4,
    repeated(n => {
      using v = vec.f64(n % 300)
      if (n % 300 > 0) v.set(0, n)
    }),
  ],
  ['vec, frozen', 4, repeated(n => drop(vec.i32([n, n]).freeze()))],
  [
    'typed arrays through a channel',
    8,
    count => {
      const [tx, rx] = mpsc.channel<Float64Array>()
      for (let n = 0; n < count; n++) {
        tx.send(new Float64Array(n % 200))
        assert.equal(rx.recv().wait().length, n % 200)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'clone',
    8,
    count => {
      const [tx, rx] = mpsc.channel<{ a: number[] }>()
      const value = { a: [1, 2] }
      for (let n = 0; n < count; n++) {
        tx.send(clone(value))
        rx.recv().wait()
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'refused sends',
    8,
    count => {
      const [tx, rx] = mpsc.channel<unknown>()
      for (let n = 0; n < count; n++) assert.throws(() => tx.send({ n, f: Promise } as never))
      drop(tx)
      drop(rx)
    },
  ],
  ['timers', 8, repeated(() => drop(after(1e6)))],
  [
    'waits with a limit',
    8,
    async count => {
      const [tx, rx] = mpsc.channel<number>()
      for (let n = 0; n < count; n++) {
        tx.send(n)
        assert.equal(await rx.recv().within(1000), n)
      }
      drop(tx)
      drop(rx)
    },
  ],
  [
    'select',
    8,
    async count => {
      const [tx, rx] = mpsc.channel<number>()
      const [ty, ry] = mpsc.channel<number>()
      for (let n = 0; n < count; n++) {
        ;(n % 2 === 0 ? tx : ty).send(n)
        await select({ a: rx.recv(), b: ry.recv() })
      }
      for (const end of [tx, rx, ty, ry]) drop(end)
    },
  ],
  [
    'awaited messages',
    4,
    async count => {
      const [tx, rx] = mpsc.channel<number>()
      for (let n = 0; n < count; n++) {
        const coming = rx.recv().then(m => m)
        tx.send(n)
        assert.equal(await coming, n)
      }
      drop(tx)
      drop(rx)
    },
  ],
  ['tasks', 4, awaited(n => task.spawn(async () => n))],
  [
    'JoinSet',
    10,
    async count => {
      const set = new JoinSet<number>()
      for (let n = 0; n < count; n++) {
        set.spawn(async () => n)
        assert.equal(await set.joinNext(), n)
      }
      await set[Symbol.asyncDispose]()
    },
  ],
  ['timeout', 10, awaited(n => timeout(1000, async () => n))],
  [
    'threadLocal',
    1,
    repeated(() => {
      local.with(v => {
        v.n += 1
      })
    }),
  ],
  ['threads', 20, awaited(n => thread.spawn((k: number) => k, n))],
  ['threads, blocking', 20, repeated(n => assert.equal(thread.spawn(move(() => [n])).wait()[0], n))],
  [
    'threads that throw',
    50,
    async count => {
      for (let n = 0; n < count; n++)
        await assert.rejects(
          thread.spawn(
            move(() => {
              throw new RangeError(`${n}`)
            }),
          ),
          RangeError,
        )
    },
  ],
  [
    'threads with ends',
    20,
    async count => {
      for (let n = 0; n < count; n++) {
        const [tx, rx] = mpsc.channel<number>()
        thread.spawn(move(() => tx.send(n)))
        for await (const m of rx) assert.equal(m, n)
        drop(rx)
      }
    },
  ],
  [
    'threads of a pool',
    20,
    async count => {
      const pool = thread.pool({ threads: 2 })
      for (let n = 0; n < count; n++) assert.equal(await pool.run((k: number) => k, n), n)
      drop(pool)
    },
  ],
  [
    'scopes',
    20,
    awaited(() =>
      thread.scope(s => {
        s.spawn(() => 1)
      }),
    ),
  ],
  [
    'parIter',
    20,
    awaited(() =>
      parIter([1, 2, 3, 4])
        .map(x => x * 2)
        .collect(),
    ),
  ],
  [
    'par.join',
    20,
    awaited(() =>
      par.join(
        () => 1,
        () => 'x',
      ),
    ),
  ],
]

export async function operations(scale: number, say: (text: string) => void): Promise<void> {
  for (const [name, fewer, operation] of KINDS) {
    const count = Math.max(100, Math.round((OPERATIONS * scale) / fewer))
    // The first operations load code and fill caches.
    await operation(100)
    const before = await inUse()
    await operation(count)
    const kept = (await inUse()) - before
    say(`${count.toLocaleString('en')} x ${name}: ${kept} bytes more in use`)
    assert.ok(kept <= SLACK, `${name}: ${kept} bytes more of the heap are in use after ${count}`)
  }
}

/** Returns the bytes in use after finalizers have run and finished threads were freed. */
async function inUse(): Promise<number> {
  for (let n = 0; n < 3; n++) {
    ;(globalThis as { gc?: () => void }).gc?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  return heapInUse()
}
