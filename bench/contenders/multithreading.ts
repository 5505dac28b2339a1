/**
 * multithreading 0.3.52, the rival with Rust's words.
 *
 * Its functions are sent as text, so each is self-contained and has imports of its own. Its threads use the blocking
 * calls, which are faster than the asynchronous ones.
 *
 * Its channels allocate every message in a buffer of 64 KB, and deliver wrong messages once that buffer has been full
 * (with our objects: after about 500). To make its speed measurable at all, it gets a buffer that no run of ours fills,
 * and the capacity that is fastest with it.
 */
import { Mutex, channel, initRuntime, move, shutdown, spawn } from 'multithreading'
import type { Contender } from '../contender.ts'
import type { Message, MessageKind, Tally } from '../messages.ts'
import { matches } from '../messages.ts'
import type { TaskName } from './pool.ts'
import { fromPool } from './pool.ts'

const CAPACITY = 512
const BUFFER = { size: 2 ** 24 }
/** More than any row needs: the pool grows only with the number of concurrent tasks. */
const MOST = 9

interface Handle<T> {
  join(): Promise<{ ok: true; value: T } | { ok: false; error: Error }>
}

async function join<T>(handle: Handle<T>): Promise<T> {
  const result = await handle.join()
  if (!result.ok) throw result.error
  return result.value
}

function run(task: TaskName, argument: unknown): Handle<unknown> {
  switch (task) {
    case 'increment':
      return spawn(move(argument as number), x => x + 1)
    case 'incrementAll':
      return spawn(move(argument as number[]), async xs => (await import('../tasks.ts')).incrementAll(xs))
    case 'bumpObjects':
      return spawn(move(argument as Message[]), async list => (await import('../tasks.ts')).bumpObjects(list))
    case 'bump':
    case 'bumpMoved':
      return spawn(move(argument as Float64Array), async data => (await import('../tasks.ts')).bump(data))
    case 'sum':
      return spawn(move(argument as number[]), async xs => (await import('../tasks.ts')).sum(xs))
    case 'evenSquares':
      return spawn(move(argument as number[]), async xs => (await import('../tasks.ts')).evenSquares(xs))
    case 'evenSquaresSum':
      return spawn(move(argument as number[]), async xs => (await import('../tasks.ts')).evenSquaresSum(xs))
    case 'compute':
      return spawn(move(argument as { work: 'primes'; inputs: number[] }), async piece =>
        (await import('../tasks.ts')).compute(piece),
      )
  }
}

const pool = fromPool(threads => {
  initRuntime({ maxWorkers: threads })
  return {
    run: (task, argument) => join(run(task, argument)),
    stop: async () => shutdown(),
  }
})

function send(kind: MessageKind, n: number): [Handle<void>, ReturnType<typeof channel<unknown>>[1]] {
  const [tx, rx] = channel<unknown>(CAPACITY, BUFFER)
  const sent = spawn(move(tx, kind, n), async (tx, kind, n) => {
    const { make } = await import('../messages.ts')
    for (let i = 0; i < n; i++) {
      const result = tx.blockingSend(make(kind, i))
      if (!result.ok) throw result.error
    }
  })
  return [sent, rx]
}

let held = 0

const contender: Contender = {
  ...pool,

  // One runtime per process: it is opened once, and more concurrent tasks start more threads.
  hold: async threads => {
    if (held === 0) await pool.open(MOST)
    held += threads
    const doze = () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    }
    await Promise.all(Array.from({ length: held }, () => join(spawn(doze))))
  },

  stream: async (kind, to, n) => {
    const [sent, rx] = send(kind, n)
    if (to === 'main') {
      const tally = { received: 0, wrong: 0 }
      for await (const value of rx) if (!matches(kind, value, tally.received++)) tally.wrong++
      await join(sent)
      return tally
    }
    const received = spawn(move(rx, kind), async (rx, kind): Promise<Tally> => {
      const { matches } = await import('../messages.ts')
      const tally = { received: 0, wrong: 0 }
      for (;;) {
        const result = rx.blockingRecv()
        if (!result.ok) return tally
        if (!matches(kind, result.value, tally.received++)) tally.wrong++
      }
    })
    await join(sent)
    return await join(received)
  },

  pingPong: async n => {
    const [tx, rx] = channel<number>()
    const [backTx, backRx] = channel<number>()
    const pong = spawn(move(rx, backTx), (rx, tx) => {
      for (;;) {
        const result = rx.blockingRecv()
        if (!result.ok) return
        tx.blockingSend(result.value + 1)
      }
    })
    const hops = await join(
      spawn(move(tx, backRx, n), (tx, rx, n) => {
        let hops = 0
        for (let i = 0; i < n; i++) {
          tx.blockingSend(hops)
          const result = rx.blockingRecv()
          if (!result.ok) throw result.error
          hops = result.value + 1
        }
        return hops
      }),
    )
    await join(pong)
    return hops
  },

  lock: async (threads, n) => {
    const counter = new Mutex(new Int32Array(new SharedArrayBuffer(4)))
    await Promise.all(
      Array.from({ length: threads }, () =>
        join(
          spawn(move(counter, n / threads), (counter, n) => {
            for (let i = 0; i < n; i++) {
              const guard = counter.blockingLock()
              guard.value[0]++
              guard.dispose()
            }
          }),
        ),
      ),
    )
    const guard = await counter.lock()
    const value = guard.value[0]
    guard.dispose()
    return value
  },
}

export default contender
