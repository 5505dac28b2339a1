/** fearless, through its public API, written as its documentation writes programs. */
import {
  Arc,
  ArrayQueue,
  AtomicI32,
  Mutex,
  RwLock,
  SegQueue,
  broadcast,
  drop,
  move,
  mpmc,
  mpsc,
  oneshot,
  parIter,
  sleep,
  task,
  thread,
  vec,
  watch,
  type OneshotSender,
  type Receiver,
  type Sender,
  type Vec,
} from 'fearless'
import type { Contender } from '../contender.ts'
import type { Message, MessageKind, Tally } from '../messages.ts'
import { make, matches } from '../messages.ts'
import { bump, bumpObjects, mandelbrot, primes } from '../tasks.ts'

let held = 0

function bumpVec(data: Vec<Float64Array>): Vec<Float64Array> {
  data.with(view => {
    view[0] += 1
    view[view.length - 1] += 1
  })
  return data
}

/** A thread that changes and returns the arrays that it receives. */
function bumper(): { tx: Sender<Float64Array>; rx: Receiver<Float64Array> } {
  const [tx, requests] = mpsc.channel<Float64Array>()
  const [answers, rx] = mpsc.channel<Float64Array>()
  thread.spawn(
    move(() => {
      for (const data of requests) answers.send(bump(data))
    }),
  )
  return { tx, rx }
}

function vecBumper(): { tx: Sender<Vec<Float64Array>>; rx: Receiver<Vec<Float64Array>> } {
  const [tx, requests] = mpsc.channel<Vec<Float64Array>>()
  const [answers, rx] = mpsc.channel<Vec<Float64Array>>()
  thread.spawn(
    move(() => {
      for (const data of requests) answers.send(bumpVec(data))
    }),
  )
  return { tx, rx }
}

let arrays: ReturnType<typeof bumper> | undefined
let vecs: ReturnType<typeof vecBumper> | undefined

async function toThread(kind: MessageKind, n: number): Promise<Tally> {
  const [tx, rx] = mpsc.channel<number | string | Message>()
  const receiving = thread.spawn(
    move(() => {
      const tally = { received: 0, wrong: 0 }
      for (const value of rx) if (!matches(kind, value, tally.received++)) tally.wrong++
      return tally
    }),
  )
  await thread
    .spawn(
      move(() => {
        for (let i = 0; i < n; i++) tx.send(make(kind, i))
      }),
    )
    .join()
  return await receiving.join()
}

async function toMain(kind: MessageKind, n: number): Promise<Tally> {
  const [tx, rx] = mpsc.channel<number | string | Message>()
  const sending = thread.spawn(
    move(() => {
      for (let i = 0; i < n; i++) tx.send(make(kind, i))
    }),
  )
  const tally = { received: 0, wrong: 0 }
  for await (const value of rx) if (!matches(kind, value, tally.received++)) tally.wrong++
  await sending.join()
  return tally
}

const contender: Contender = {
  // The first spawn that needs a thread starts it, and the pool keeps it.
  open: async () => {},
  close: async () => {},

  roundTrip: async x => await thread.spawn(move(() => x + 1)).join(),

  tasks: async n => {
    const handles = Array.from({ length: n }, (_, x) => thread.spawn(move(() => x + 1)))
    const results: number[] = []
    for (const handle of handles) results.push(await handle.join())
    return results
  },

  items: async xs =>
    await parIter(xs)
      .map(x => x + 1)
      .collect(),

  asyncTasks: async n => {
    let total = 0
    for (let i = 0; i < n; i++) total += await task.spawn(async () => i).join()
    return total
  },

  // Threads that wait for each other exist at the same time.
  hold: async threads => {
    held += threads
    const all = held
    const arrived = new AtomicI32(0)
    const handles = Array.from({ length: all }, () =>
      thread.spawn(
        move(() => {
          arrived.fetchAdd(1)
          while (arrived.load() < all) sleep(1).wait()
        }),
      ),
    )
    for (const handle of handles) await handle.join()
  },

  stream: (kind, to, n) => (to === 'thread' ? toThread(kind, n) : toMain(kind, n)),

  bounded: async (capacity, n) => {
    const [tx, rx] = mpsc.channel<number>(capacity)
    const receiving = thread.spawn(
      move(() => {
        const tally = { received: 0, wrong: 0 }
        for (const value of rx) if (!matches('number', value, tally.received++)) tally.wrong++
        return tally
      }),
    )
    thread.spawn(
      move(() => {
        for (let i = 0; i < n; i++) tx.send(make('number', i) as number).wait()
      }),
    )
    return await receiving.join()
  },

  crowd: async n => {
    const [tx, rx] = mpmc.channel<number>()
    const receiving = [0, 1].map(() => {
      const mine = rx.clone()
      return thread.spawn(
        move(() => {
          let [received, sum] = [0, 0]
          for (const value of mine) {
            received++
            sum += value
          }
          return { received, sum }
        }),
      )
    })
    for (let from = 0; from < 2; from++) {
      const mine = tx.clone()
      thread.spawn(
        move(() => {
          for (let i = from; i < n; i += 2) mine.send(i)
        }),
      )
    }
    drop(tx)
    drop(rx)
    const [a, b] = await Promise.all(receiving.map(handle => handle.join()))
    return { received: a.received + b.received, sum: a.sum + b.sum }
  },

  broadcast: async n => {
    const [tx, rx] = broadcast.channel<number>(n)
    const receiving = [rx, tx.subscribe()].map(mine =>
      thread.spawn(
        move(() => {
          const tally = { received: 0, wrong: 0 }
          for (const value of mine) if (!matches('number', value, tally.received++)) tally.wrong++
          return tally
        }),
      ),
    )
    thread.spawn(
      move(() => {
        for (let i = 0; i < n; i++) tx.send(make('number', i) as number)
      }),
    )
    const [a, b] = await Promise.all(receiving.map(handle => handle.join()))
    return { received: a.received + b.received, wrong: a.wrong + b.wrong }
  },

  watch: async n => {
    const [tx, rx] = watch.channel(0)
    const watching = thread.spawn(
      move(() => {
        const seen = { reads: 0, wrong: 0, last: 0 }
        while (seen.last < n) {
          rx.changed().wait()
          const value = rx.borrowAndUpdate()
          if (value <= seen.last) seen.wrong++
          seen.last = value
          seen.reads++
        }
        return seen
      }),
    )
    thread.spawn(
      move(() => {
        for (let i = 1; i <= n; i++) tx.send(i)
      }),
    )
    return await watching.join()
  },

  oneshot: async n => {
    const [tx, rx] = mpsc.channel<{ x: number; answer: OneshotSender<number> }>()
    const serving = thread.spawn(
      move(() => {
        for (const { x, answer } of rx) answer.send(x + 1)
      }),
    )
    const asking = thread.spawn(
      move(() => {
        let sum = 0
        for (let x = 0; x < n; x++) {
          const [answer, result] = oneshot.channel<number>()
          tx.send({ x, answer })
          sum += result.recv().wait()
        }
        return sum
      }),
    )
    const sum = await asking.join()
    await serving.join()
    return sum
  },

  queue: async (kind, n) => {
    const queue = kind === 'array' ? new ArrayQueue<number>(1024) : new SegQueue<number>()
    const popping = thread.spawn(
      move(() => {
        const tally = { received: 0, wrong: 0 }
        while (tally.received < n) {
          const value = queue.pop()
          if (value !== undefined && !matches('number', value, tally.received++)) tally.wrong++
        }
        return tally
      }),
    )
    thread.spawn(
      move(() => {
        for (let i = 0; i < n;)
          if (!(queue instanceof ArrayQueue && queue.isFull)) queue.push(make('number', i++) as number)
      }),
    )
    return await popping.join()
  },

  pingPong: async n => {
    const [tx, rx] = mpsc.channel<number>()
    const [backTx, backRx] = mpsc.channel<number>()
    const pong = thread.spawn(
      move(() => {
        for (const hops of rx) backTx.send(hops + 1)
      }),
    )
    const ping = thread.spawn(
      move(() => {
        let hops = 0
        for (let i = 0; i < n; i++) {
          tx.send(hops)
          hops = backRx.recv().wait() + 1
        }
        return hops
      }),
    )
    const hops = await ping.join()
    await pong.join()
    return hops
  },

  lock: async (threads, n) => {
    const counter = new Arc(new Mutex(0))
    const each = n / threads
    const handles = Array.from({ length: threads }, () =>
      thread.spawn(
        move(() => {
          for (let i = 0; i < each; i++) {
            using guard = counter.lock().wait()
            guard.value += 1
          }
        }),
      ),
    )
    for (const handle of handles) await handle.join()
    using guard = await counter.lock()
    return guard.value
  },

  read: async n => {
    const lock = new Arc(new RwLock(1))
    return await thread
      .spawn(
        move(() => {
          let sum = 0
          for (let i = 0; i < n; i++) {
            using guard = lock.read().wait()
            sum += guard.value
          }
          return sum
        }),
      )
      .join()
  },

  atomicAdd: async n => {
    const counter = new AtomicI32(0)
    await thread
      .spawn(
        move(() => {
          for (let i = 0; i < n; i++) counter.fetchAdd(1)
        }),
      )
      .join()
    return counter.load()
  },

  arcClone: async n => {
    const value = new Arc(new Mutex(0))
    await thread
      .spawn(
        move(() => {
          for (let i = 0; i < n; i++) drop(Arc.clone(value))
        }),
      )
      .join()
    return Arc.strongCount(value)
  },

  objects: async list => await thread.spawn(move(() => bumpObjects(list))).join(),

  transfer: async data => {
    const { tx, rx } = (arrays ??= bumper())
    tx.send(data)
    return await rx.recv()
  },

  share: async (length, n) => {
    const { tx, rx } = (vecs ??= vecBumper())
    let data = vec.f64(length)
    for (let i = 0; i < n; i++) {
      tx.send(data)
      data = await rx.recv()
    }
    return data.with(view => [view[0], view[length - 1]])
  },

  load: numbers => ({
    sum: async () => await parIter(numbers).sum(),
    evenSquares: async () =>
      await parIter(numbers)
        .filter(x => x % 2 === 0)
        .map(x => x * x)
        .collect(),
    evenSquaresSum: async () =>
      await parIter(numbers)
        .filter(x => x % 2 === 0)
        .map(x => x * x)
        .sum(),
  }),

  compute: async (work, inputs) =>
    work === 'primes' ? await parIter(inputs).map(primes).sum() : await parIter(inputs).map(mandelbrot).sum(),
}

export default contender
