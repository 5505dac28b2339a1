/** Objects of which a program may have many, and an operation whose cost must not depend on their number. */
import {
  Arc,
  ArrayQueue,
  AtomicI32,
  Barrier,
  ConcurrentMap,
  JoinSet,
  Mutex,
  SegQueue,
  Semaphore,
  WaitGroup,
  after,
  broadcast,
  drop,
  mpmc,
  mpsc,
  oneshot,
  sleep,
  task,
  threadLocal,
  vec,
} from 'fearless'

/** Makes `n` objects; returns the operation, and a function that drops all objects. */
export type ScalingCase = (n: number) => { readonly run: (i: number) => unknown; readonly end: () => unknown }

const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i))
const endAll = (things: readonly Parameters<typeof drop>[0][]) => (): void => things.forEach(thing => drop(thing))

export const SCALING_CASES: Record<string, ScalingCase> = {
  'a number through a channel with messages': n => {
    const [tx, rx] = mpsc.channel<number>()
    for (let i = 0; i < n; i++) tx.send(i)
    return {
      run(i) {
        tx.send(i)
        rx.recv().try()
      },
      end: endAll([tx, rx]),
    }
  },
  'a text through a bounded channel with messages': n => {
    const [tx, rx] = mpsc.channel<string>(2 * n)
    for (let i = 0; i < n; i++) tx.send('text').try()
    return {
      run() {
        tx.send('text').try()
        rx.recv().try()
      },
      end: endAll([tx, rx]),
    }
  },
  'an object through a channel of many with messages': n => {
    const [tx, rx] = mpmc.channel<{ i: number }>()
    for (let i = 0; i < n; i++) tx.send({ i })
    return {
      run(i) {
        tx.send({ i })
        rx.recv().try()
      },
      end: endAll([tx, rx]),
    }
  },
  'a message to all, of a channel that keeps many': n => {
    const [tx, rx] = broadcast.channel<number>(n)
    for (let i = 0; i < n; i++) tx.send(i)
    return {
      run(i) {
        tx.send(i)
        try {
          rx.recv().try()
        } catch {
          // The receiver has lagged.
        }
      },
      end: endAll([tx, rx]),
    }
  },
  'a subscription to a channel with many': n => {
    const [tx, rx] = broadcast.channel<number>(4)
    const receivers = many(n, () => tx.subscribe())
    return { run: () => drop(tx.subscribe()), end: endAll([tx, rx, ...receivers]) }
  },
  'a SegQueue with values': n => {
    const queue = new SegQueue<number>()
    for (let i = 0; i < n; i++) queue.push(i)
    return {
      run(i) {
        queue.push(i)
        queue.pop()
      },
      end: endAll([queue]),
    }
  },
  'an ArrayQueue with values': n => {
    const queue = new ArrayQueue<number>(n)
    for (let i = 0; i < n; i++) queue.push(i)
    return { run: i => queue.forcePush(i), end: endAll([queue]) }
  },
  'an entry of a map': n => {
    const map = new ConcurrentMap<number, number>()
    for (let i = 0; i < n; i++) map.set(i, i).try()
    return {
      run(i) {
        map.update((i * 7919) % n, (value = 0) => value + 1).try()
        map.remove((i * 7919) % n).try()
        map.set((i * 7919) % n, i).try()
      },
      end: endAll([map]),
    }
  },
  'a clone of an Arc with owners': n => {
    const arc = new Arc({ n })
    const clones = many(n, () => Arc.clone(arc))
    return { run: () => drop(Arc.clone(arc)), end: endAll([arc, ...clones]) }
  },
  'an upgrade beside many Weaks': n => {
    const arc = new Arc({ n })
    const weaks = many(n, () => Arc.downgrade(arc))
    return { run: i => drop(weaks[i % n]!.upgrade()!), end: endAll([arc, ...weaks]) }
  },
  'a clone of a Sender with many': n => {
    const [tx, rx] = mpsc.channel<number>()
    const clones = many(n, () => tx.clone())
    return { run: () => drop(tx.clone()), end: endAll([tx, rx, ...clones]) }
  },
  'a Mutex beside many': n => {
    const locks = many(n, i => new Mutex(i))
    return { run: i => drop(new Mutex(i)), end: endAll(locks) }
  },
  'a lock beside many that are held': n => {
    const locks = many(n, i => new Mutex(i))
    const guards = locks.map(lock => lock.lock().try()!)
    const lock = new Mutex(0)
    return { run: () => drop(lock.lock().try()!), end: endAll([...guards, ...locks, lock]) }
  },
  'an atomic beside many': n => {
    const atomics = many(n, i => new AtomicI32(i))
    return { run: i => drop(new AtomicI32(i)), end: endAll(atomics) }
  },
  'a vec beside many': n => {
    const vecs = many(n, () => vec.u8(100))
    return { run: i => drop(vec.u8(1 + (i % 4000))), end: endAll(vecs) }
  },
  'a member of a WaitGroup with many': n => {
    const group = new WaitGroup()
    const members = many(n, () => group.clone())
    return { run: () => drop(group.clone()), end: endAll([group, ...members]) }
  },
  'a timer beside many': n => {
    const timers = many(n, () => after(1e6))
    return { run: () => drop(after(1e6)), end: endAll(timers) }
  },
  'a permit of a Semaphore with many': n => {
    const semaphore = new Semaphore(n + 1)
    const permits = many(n, () => semaphore.acquire().try()!)
    return { run: () => drop(semaphore.acquire().try()!), end: endAll([...permits, semaphore]) }
  },
  'a thread local value beside many': n => {
    const values = many(n, i => threadLocal(() => i))
    for (const value of values) value.with(() => {})
    return { run: i => values[i % n]!.with(value => value), end() {} }
  },
  'a wait of an event loop with many': n => {
    const channels = many(n, () => oneshot.channel<number>())
    const waits = channels.map(([, rx]) => rx.recv().then(() => {}))
    return {
      async run(i) {
        const [tx, rx] = oneshot.channel<number>()
        const wait = rx.recv().then(value => value)
        tx.send(i)
        await wait
        drop(rx)
      },
      async end() {
        for (const [tx] of channels) tx.send(1)
        await Promise.all(waits)
        for (const [, rx] of channels) drop(rx)
      },
    }
  },
  'a sleep beside many': n => {
    const ends = many(n, () => new AbortController())
    const waits = ends.map(({ signal }) =>
      sleep(1e8)
        .within({ signal })
        .then(undefined, () => {}),
    )
    return {
      run: async () => await sleep(0),
      async end() {
        for (const each of ends) each.abort()
        await Promise.all(waits)
      },
    }
  },
  'a receive beside many that wait at one channel': n => {
    const [tx, rx] = mpmc.channel<number>()
    const receivers = many(n, () => rx.clone())
    const waits = receivers.map(each => each.recv().then(() => {}))
    return {
      // The first waiter gets the message, and this receiver is the last one.
      async run(i) {
        const next = rx.recv().then(() => {})
        tx.send(i)
        await waits[i]
        waits.push(next)
      },
      async end() {
        for (let i = 0; i < n; i++) tx.send(i)
        await Promise.all(waits)
        endAll([tx, rx, ...receivers])()
      },
    }
  },
  'an acquire beside many that wait': n => {
    const semaphore = new Semaphore(1)
    const first = semaphore.acquire().try()!
    const ends = new AbortController()
    const waits = many(n, () =>
      semaphore
        .acquire()
        .within({ signal: ends.signal })
        .then(undefined, () => {}),
    )
    return {
      async run() {
        const end = new AbortController()
        const wait = semaphore
          .acquire()
          .within({ signal: end.signal })
          .then(undefined, () => {})
        end.abort()
        await wait
      },
      async end() {
        ends.abort()
        await Promise.all(waits)
        drop(first)
        drop(semaphore)
      },
    }
  },
  'an arrival at a barrier of many': n => {
    const barrier = new Barrier(n + 1)
    const waits = many(n - 1, () => barrier.arrive().then(() => {}))
    return {
      async run() {
        const end = new AbortController()
        const wait = barrier
          .arrive()
          .within({ signal: end.signal })
          .then(undefined, () => {})
        end.abort()
        await wait
      },
      async end() {
        const last = [barrier.arrive().then(() => {}), barrier.arrive().then(() => {})]
        await Promise.all([...waits, ...last])
        drop(barrier)
      },
    }
  },
  'a task beside many': n => {
    const [done, isDone] = oneshot.channel<boolean>()
    const wait = isDone.recv().then(value => value)
    const tasks = many(n, () => task.spawn(async () => void (await wait)))
    return {
      run: async i => await task.spawn(async () => i),
      async end() {
        done.send(true)
        await Promise.all(tasks)
        drop(isDone)
      },
    }
  },
  'a task of a JoinSet with many': n => {
    const [done, isDone] = oneshot.channel<boolean>()
    const wait = isDone.recv().then(value => value)
    const set = new JoinSet<number>()
    for (let i = 0; i < n; i++) set.spawn(async () => Number(await wait))
    return {
      async run(i) {
        set.spawn(async () => i)
        await set.joinNext()
      },
      async end() {
        done.send(true)
        while ((await set.joinNext()) !== undefined);
        drop(isDone)
      },
    }
  },
}

/** Nanoseconds of an operation beside `n` objects: the least of several runs, which no other process has disturbed. */
export async function costOf(growth: ScalingCase, n: number, runs: number, operations: number): Promise<number> {
  const { run, end } = growth(n)
  await new Promise(resolve => setImmediate(resolve))
  let least = Infinity
  for (let k = 0; k < runs; k++) {
    const start = performance.now()
    for (let i = 0; i < operations; i++) {
      const answer = run(i + k * operations)
      if (answer instanceof Promise) await answer
    }
    least = Math.min(least, ((performance.now() - start) * 1e6) / operations)
    await new Promise(resolve => setImmediate(resolve))
  }
  await end()
  return least
}
