/** Handles of every kind that main no longer refers to: they are dropped only if no thread can observe the drop. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  ArrayQueue,
  AtomicBool,
  AtomicF64,
  AtomicI32,
  AtomicI64,
  AtomicU8,
  Barrier,
  ConcurrentMap,
  Condvar,
  Mutex,
  Once,
  OnceLock,
  ReentrantMutex,
  RwLock,
  SegQueue,
  Semaphore,
  WaitGroup,
  after,
  broadcast,
  drop,
  move,
  mpmc,
  mpsc,
  never,
  oneshot,
  select,
  thread,
  vec,
  watch,
} from 'fearless'
import { heapInUse } from '../../../../scripts/soak/heap.ts'

const limit = { timeout: 120_000 }
const TIMES = 3000
/**
 * Bytes that a table, a cache or a thread of the library may take in the test. A leak of one word per round has 96 KB.
 */
const SLACK = 32 * 1024

async function collect(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc!()
    // Finalizers run in a separate turn of the event loop.
    for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve))
  }
}

async function repeat(f: (n: number) => unknown, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    await f(n)
    if (n % 500 === 499) await new Promise(resolve => setImmediate(resolve))
  }
  await collect()
}

/** Unreachable handles whose drop no thread can observe. */
const FORGOTTEN: Record<string, (n: number) => unknown> = {
  'an mpsc Receiver that was drained': async n => {
    const [tx, rx] = mpsc.channel<number>()
    tx.send(n)
    drop(tx)
    assert.equal(await rx.recv(), n)
  },
  'an mpsc Receiver after a loop': async n => {
    const [tx, rx] = mpsc.channel<string>(4)
    await tx.send(`message ${n}`)
    drop(tx)
    for await (const text of rx) assert.equal(text, `message ${n}`)
  },
  'an mpsc Receiver that was not drained': n => {
    const [tx] = mpsc.channel<{ n: number; text: string }>()
    for (let i = 0; i < 3; i++) tx.send({ n, text: 'x'.repeat(5000 * i) })
    drop(tx)
  },
  'an mpsc Receiver with handles in its messages': () => {
    const [tx] = mpsc.channel<unknown>()
    tx.send(new AtomicI32(1) as never)
    tx.send(new Arc(new Mutex('a')) as never)
    const [answer, answered] = oneshot.channel<string>()
    answer.send('yes')
    tx.send(answered as never)
    drop(tx)
  },
  'both ends of an mpsc channel': n => mpsc.channel<number>()[0].send(n),
  'both ends of a bounded channel, and clones': async () => {
    const [tx] = mpsc.channel<number>(3)
    const clones = [tx.clone(), tx.clone()]
    await clones[1]!.send(1)
  },
  'both ends of a rendezvous': () => void mpsc.channel<number>(0),
  'a Sender whose Receiver is gone': () => drop(mpsc.channel<number>()[1]),
  'a Sender whose Receiver was closed': () => {
    const [, rx] = mpsc.channel<number>()
    rx.close()
    drop(rx)
  },
  'a WeakSender': () => {
    const [tx, rx] = mpsc.channel<number>()
    tx.downgrade().clone()
    drop(tx)
    drop(rx)
  },
  'a permit whose Receiver is gone': async () => {
    const [tx, rx] = mpsc.channel<number>(1)
    await tx.reserve()
    drop(tx)
    drop(rx)
  },
  'a permit and both ends': async () => {
    const [tx] = mpsc.channel<number>(1)
    await tx.reserve()
  },
  SharedReceivers: async n => {
    const [tx, rx] = mpmc.channel<string>(4)
    const others = [rx.clone(), rx.clone()]
    await tx.send(`${n}`)
    await tx.send(`${n}`)
    drop(tx)
    await others[0]!.recv()
  },
  'the receiver of an arm that lost': async n => {
    const [tx, rx] = mpsc.channel<number>()
    const [, other] = oneshot.channel<number>()
    tx.send(n)
    drop(tx)
    await select({ n: rx.recv(), late: other.recv() })
  },
  'a OneshotReceiver that has its message': async n => {
    const [tx, rx] = oneshot.channel<string>()
    tx.send(`${n}`)
    await rx.recv()
  },
  'a OneshotReceiver that was never asked': n => oneshot.channel<string>()[0].send(`${n}`),
  'a OneshotReceiver without a sender': () => drop(oneshot.channel<string>()[0]),
  'a OneshotSender without a receiver': () => drop(oneshot.channel<string>()[1]),
  'both ends of a oneshot channel': () => void oneshot.channel<string>(),
  'broadcast receivers': n => {
    const [tx, rx] = broadcast.channel<{ n: number }>(2)
    const other = tx.subscribe()
    for (let i = 0; i < 3; i++) tx.send({ n })
    drop(tx)
    assert.throws(() => other.recv().try())
    assert.equal(rx.length, 3)
  },
  'all ends of a broadcast channel': () => {
    const [tx] = broadcast.channel<string>(4)
    tx.clone().send('a')
    tx.subscribe()
  },
  'a WatchReceiver': () => {
    const [tx, rx] = watch.channel({ n: 1 })
    rx.clone()
    tx.send({ n: 2 })
    drop(tx)
  },
  'a WatchSender': () => drop(watch.channel({ n: 1 })[1]),
  'both ends of a watch channel': () => watch.channel({ n: 1 })[0].subscribe(),
  queues: n => {
    void new SegQueue<string>().push(`${n}`)
    void new ArrayQueue<string>(2).push(`${n}`)
  },
  'a WaitGroup': () => void new WaitGroup().clone(),
  'a WaitGroup that has waited': async () => {
    const group = new WaitGroup()
    drop(group.clone())
    await group.finished()
  },
  'Arcs and Weaks': n => {
    const arc = new Arc({ n })
    Arc.downgrade(arc)
    Arc.clone(arc)
    Arc.downgrade(new Arc(new Mutex(n)))
  },
  locks: async n => {
    const m = new Mutex({ n })
    await m.update(value => value)
    void new Mutex(n)
    void new RwLock({ n })
    void new ReentrantMutex(n)
    void new Condvar()
    void new Barrier(2)
    void new Semaphore(3)
    void new Arc(new RwLock(n))
  },
  'a lock that holds a drained Receiver': async () => {
    const [tx, rx] = mpsc.channel<number>()
    drop(tx)
    void new Mutex(rx)
  },
  'things that happen once': async n => {
    await new Once().callOnce(() => {})
    const lock = new OnceLock<{ n: number }>()
    await lock.set({ n })
    void new OnceLock<number>()
  },
  atomics: n => {
    void new AtomicI32(n)
    void new AtomicU8(1)
    void new AtomicBool(true)
    void new AtomicI64(1n)
    void new AtomicF64(1)
  },
  timers: () => {
    after(1)
    never()
  },
  vecs: n => {
    vec.f64(100).set(0, n)
    vec.f64(100).freeze()
  },
  'a ConcurrentMap': async n => {
    const map = new ConcurrentMap<string, string>()
    await map.set('a', `${n}`)
  },
  'a scope that never ends': () => {
    void thread.scope(() => new Promise(() => {}))
  },
}

for (const [name, forget] of Object.entries(FORGOTTEN)) {
  test(`${name}: unreachable from main, it leaves the heap as it was`, limit, async () => {
    await repeat(forget, TIMES)
    const before = heapInUse()
    await repeat(forget, TIMES)
    const after = heapInUse()
    assert.ok(after <= before + SLACK, `${(after - before) / TIMES} bytes are left of each`)
  })
}

/** The same with a thread, which needs more time. */
const WITH_THREADS: Record<string, (n: number) => unknown> = {
  'a channel for each request': async n => {
    const [tx, rx] = mpsc.channel<number>()
    void thread.spawn(move(() => tx.send(n)))
    for await (const got of rx) assert.equal(got, n)
  },
  'a oneshot channel for each request': async n => {
    const [tx, rx] = oneshot.channel<{ n: number }>()
    void thread.spawn(move(() => tx.send({ n })))
    assert.equal((await rx.recv()).n, n)
  },
  'a JoinHandle that was joined, and its thread': async n => {
    const handle = thread.spawn(move(() => n))
    void handle.thread
    assert.equal(await handle, n)
  },
  'a JoinHandle of a thread that has ended': async () => {
    const [tx, rx] = oneshot.channel<string>()
    thread.spawn(
      move(() => {
        tx.send('x'.repeat(100))
        return 'y'.repeat(1000)
      }),
    )
    await rx.recv()
  },
}

for (const [name, forget] of Object.entries(WITH_THREADS)) {
  test(`${name}: unreachable from main, it leaves the heap as it was`, limit, async () => {
    await repeat(forget, TIMES / 3)
    const before = heapInUse()
    await repeat(forget, TIMES / 3)
    const after = heapInUse()
    assert.ok(after <= before + SLACK, `${(after - before) / (TIMES / 3)} bytes are left of each`)
  })
}

test('an unreachable Sender is not dropped while a receiver could observe it', limit, async () => {
  const [, rx] = mpsc.channel<number>()
  await collect()
  assert.equal(rx.isClosed, false)
  assert.equal(rx.recv().try(), undefined)
})

test('an unreachable Receiver is dropped as soon as no sender can observe it', limit, async () => {
  const before = heapInUse()
  const senders = Array.from({ length: 500 }, () => mpsc.channel<number>()[0])
  await collect()
  assert.ok(senders.every(tx => !tx.isClosed))
  for (const tx of senders.splice(0)) {
    tx.send(1)
    drop(tx)
  }
  await repeat(FORGOTTEN['an mpsc Receiver that was drained']!, TIMES)
  assert.ok(heapInUse() <= before + SLACK, `${heapInUse() - before} bytes are left`)
})

test(
  'an unreachable Receiver is not dropped while a thread could observe the drop of its messages',
  limit,
  async () => {
    const [inner, observer] = mpsc.channel<number>()
    {
      const [tx] = mpsc.channel<typeof inner>()
      tx.send(inner)
      drop(tx)
    }
    await collect()
    assert.equal(observer.isClosed, false)
  },
)

test('an unreachable Mutex is not dropped while a receiver waits for the Sender in it', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  void new Mutex(tx)
  await collect()
  assert.equal(rx.isClosed, false)
})

test('a WaitGroup waits for an unreachable member', limit, async () => {
  const group = new WaitGroup()
  group.clone()
  await collect()
  assert.equal(group.finished().try(), undefined)
})

test('a running thread drops the handles that have become unreachable', limit, async () => {
  const before = heapInUse()
  const [done, isDone] = oneshot.channel<boolean>()
  const [goOn, goesOn] = oneshot.channel<boolean>()
  const handle = thread.spawn(
    move(async () => {
      const turn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))
      for (let n = 0; n < 10_000; n++) {
        const [tx, rx] = mpsc.channel<number>()
        tx.send(n)
        drop(tx)
        await rx.recv()
        if (n % 500 === 499) await turn()
      }
      for (let i = 0; i < 4; i++) {
        globalThis.gc!()
        for (let n = 0; n < 4; n++) await turn()
      }
      done.send(true)
      await goesOn.recv()
    }),
  )
  await isDone.recv()
  const held = heapInUse() - before
  goOn.send(true)
  await handle
  // 10,000 channels have 15 MB.
  assert.ok(held < 1024 * 1024, `${held} bytes are left`)
})
