/** A thread of the raw postMessage contender: executes each order. */
import { type MessagePort, parentPort } from 'node:worker_threads'
import type { MessageKind, Tally } from '../messages.ts'
import { make, matches } from '../messages.ts'
import * as tasks from '../tasks.ts'
import type { TaskName } from './pool.ts'

export type Order =
  | { task: TaskName; argument: unknown }
  | { task: 'send' | 'receive'; kind: MessageKind; n: number; port: MessagePort }
  | { task: 'ping'; n: number; port: MessagePort }
  | { task: 'pong'; port: MessagePort }

// Never null, because this file only runs in threads.
const main = parentPort as MessagePort
const functions = tasks as unknown as Record<string, (argument: unknown) => unknown>

main.on('message', ([id, order]: [number, Order]) => {
  if ('port' in order) void serve(order).then(result => main.postMessage([id, result]))
  else if (order.task === 'bumpMoved') {
    const data = tasks.bump(order.argument as Float64Array)
    main.postMessage([id, data], [data.buffer as ArrayBuffer])
  } else main.postMessage([id, functions[order.task](order.argument)])
})

async function serve(order: Extract<Order, { port: MessagePort }>): Promise<unknown> {
  const { port } = order
  if (order.task === 'send') {
    for (let i = 0; i < order.n; i++) port.postMessage(make(order.kind, i))
    return undefined
  }
  if (order.task === 'receive') return await receive(port, order.kind, order.n)
  if (order.task === 'ping') return await ping(port, order.n)
  port.on('message', (hops: number) => port.postMessage(hops + 1))
  return undefined
}

function receive(port: MessagePort, kind: MessageKind, n: number): Promise<Tally> {
  const tally = { received: 0, wrong: 0 }
  return new Promise(resolve => {
    port.on('message', value => {
      if (!matches(kind, value, tally.received)) tally.wrong++
      if (++tally.received < n) return
      port.close()
      resolve(tally)
    })
  })
}

function ping(port: MessagePort, n: number): Promise<number> {
  return new Promise(resolve => {
    port.on('message', (hops: number) => {
      if (hops + 1 < 2 * n) return port.postMessage(hops + 1)
      port.close()
      resolve(hops + 1)
    })
    port.postMessage(0)
  })
}
