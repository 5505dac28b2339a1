/**
 * The cost of a message by kind, from thread to thread and from thread to main, and of a ping-pong.
 *
 *     node --import @fearless/compiler/register src/channel/mpsc.bench.ts
 *
 * Prints the median of five runs. Every run counts and adds up the messages that it receives.
 */
import assert from 'node:assert/strict'
import { mpsc, move, thread, type Sender } from 'fearless'

const RUNS = 5
const MESSAGES = 500_000
const PINGS = 100_000

interface Item {
  id: number
  name: string
  x: number
  ok: boolean
}
type Message = number | string | Item
type Kind = 'numbers' | 'strings of 8' | '{ id, name, x, ok }'

function make(kind: Kind, i: number): Message {
  if (kind === 'numbers') return i + 0.5
  if (kind === 'strings of 8') return `name${1000 + (i % 9000)}`
  return { id: i, name: `name${1000 + (i % 9000)}`, x: i + 0.5, ok: true }
}

function weigh(message: Message): number {
  return typeof message === 'number' ? message : typeof message === 'string' ? message.length : message.x
}

function report(name: string, times: number[], count: number, unit: string): void {
  const ms = times.sort((a, b) => a - b)[times.length >> 1]
  const value = unit === 'M/s' ? count / ms / 1000 : (ms * 1000) / count
  console.log(`${name.padEnd(44)} ${value.toFixed(2).padStart(8)} ${unit}`)
}

for (const kind of ['numbers', 'strings of 8', '{ id, name, x, ok }'] as const) {
  let expected = 0
  for (let i = 0; i < MESSAGES; i++) expected += weigh(make(kind, i))
  const [toThread, toMain]: number[][] = [[], []]
  for (let run = 0; run < RUNS; run++) {
    const [tx, rx] = mpsc.channel<Message>()
    thread.spawn(send, tx, kind)
    const consumer = thread.spawn(
      move(() => {
        const first = rx.recv().wait()
        const start = performance.now()
        let sum = weigh(first)
        for (const message of rx) sum += weigh(message)
        return [sum, performance.now() - start]
      }),
    )
    const [sum, ms] = await consumer.join()
    assert.equal(sum, expected)
    toThread.push(ms)

    const [out, inbox] = mpsc.channel<Message>()
    thread.spawn(send, out, kind)
    let total = weigh(await inbox.recv())
    const start = performance.now()
    for await (const message of inbox) total += weigh(message)
    toMain.push(performance.now() - start)
    assert.equal(total, expected)
  }
  report(`${kind}, thread to thread`, toThread, MESSAGES, 'M/s')
  report(`${kind}, thread to main`, toMain, MESSAGES, 'M/s')
}

function send(tx: Sender<Message>, kind: Kind): void {
  for (let i = 0; i < MESSAGES; i++) tx.send(make(kind, i))
}

const [threads, main]: number[][] = [[], []]
for (let run = 0; run < RUNS; run++) {
  const [ping, pinged] = mpsc.channel<number>()
  const [pong, ponged] = mpsc.channel<number>()
  thread.spawn(
    move(() => {
      for (const n of pinged) pong.send(n)
    }),
  )
  const player = thread.spawn(
    move(() => {
      for (let i = 0; i < 1000; i++) {
        ping.send(i)
        ponged.recv().wait()
      }
      const start = performance.now()
      for (let i = 0; i < PINGS; i++) {
        ping.send(i)
        if (ponged.recv().wait() !== i) throw new Error('another answer')
      }
      return performance.now() - start
    }),
  )
  threads.push(await player.join())

  const [ping2, pinged2] = mpsc.channel<number>()
  const [pong2, ponged2] = mpsc.channel<number>()
  thread.spawn(
    move(() => {
      for (const n of pinged2) pong2.send(n)
    }),
  )
  ping2.send(-1)
  await ponged2.recv()
  const start = performance.now()
  for (let i = 0; i < PINGS / 10; i++) {
    ping2.send(i)
    assert.equal(await ponged2.recv(), i)
  }
  main.push(performance.now() - start)
}
report('ping-pong of two threads, round trip', threads, PINGS, 'us')
report('ping-pong of main and a thread, round trip', main, PINGS / 10, 'us')
