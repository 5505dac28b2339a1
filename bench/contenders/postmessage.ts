/**
 * Node's own worker threads and message ports, with the least code that gives a task a promise. The pools build on
 * these. Tasks go to the threads round-robin.
 */
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Contender } from '../contender.ts'
import type { Tally } from '../messages.ts'
import { matches } from '../messages.ts'
import type { Order } from './postmessage-thread.ts'
import { fromPool } from './pool.ts'

const file = new URL('./postmessage-thread.ts', import.meta.url)
let threads: { worker: Worker; ask: (order: Order, transfer?: Transfer) => Promise<unknown> }[] = []
type Transfer = Parameters<Worker['postMessage']>[1]

function start(): (typeof threads)[number] {
  const worker = new Worker(file)
  const pending = new Map<number, (value: unknown) => void>()
  let id = 0
  worker.on('message', ([answered, value]: [number, unknown]) => {
    pending.get(answered)?.(value)
    pending.delete(answered)
  })
  return {
    worker,
    ask: (order, transfer) =>
      new Promise(resolve => {
        pending.set(++id, resolve)
        worker.postMessage([id, order], transfer)
      }),
  }
}

const pool = fromPool(count => {
  threads = Array.from({ length: count }, start)
  const mine = threads
  let next = 0
  return {
    run: (task, argument, transfer) => mine[next++ % count].ask({ task, argument }, transfer),
    stop: () => Promise.all(mine.map(thread => thread.worker.terminate())),
  }
})

const contender: Contender = {
  ...pool,

  stream: async (kind, to, n) => {
    const { port1, port2 } = new MessageChannel()
    if (to === 'thread') {
      const received = threads[1].ask({ task: 'receive', kind, n, port: port2 }, [port2])
      await threads[0].ask({ task: 'send', kind, n, port: port1 }, [port1])
      return (await received) as Tally
    }
    const tally = { received: 0, wrong: 0 }
    const done = new Promise<void>(resolve => {
      port2.on('message', value => {
        if (!matches(kind, value, tally.received)) tally.wrong++
        if (++tally.received === n) resolve()
      })
    })
    await threads[0].ask({ task: 'send', kind, n, port: port1 }, [port1])
    await done
    port2.close()
    return tally
  },

  pingPong: async n => {
    const { port1, port2 } = new MessageChannel()
    void threads[1].ask({ task: 'pong', port: port2 }, [port2])
    return (await threads[0].ask({ task: 'ping', n, port: port1 }, [port1])) as number
  },
}

export default contender
