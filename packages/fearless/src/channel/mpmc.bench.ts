/**
 * The cost of a message through a channel with several receivers against a channel with one, by the numbers of senders
 * and receivers.
 *
 *     node --import @fearless/compiler/register src/channel/mpmc.bench.ts
 *
 * Prints medians of five runs. Every run counts and adds up the messages that it receives.
 */
import assert from 'node:assert/strict'
import { drop, move, mpmc, mpsc, thread, type JoinHandle } from 'fearless'

const RUNS = 5
const MESSAGES = 1_000_000

type Tally = [count: number, sum: number]

interface Shape {
  readonly senders: number
  readonly receivers: number
  readonly capacity: number | undefined
}

/** Milliseconds from the first message to the last one. */
async function run({ senders, receivers, capacity }: Shape): Promise<number> {
  const [tx, rx] = capacity === undefined ? mpmc.channel<number>() : mpmc.channel<number>(capacity)
  const each = MESSAGES / senders
  const sending: JoinHandle<void>[] = []
  for (let s = 0; s < senders; s++) {
    const mine = tx.clone()
    sending.push(
      thread.spawn(
        move(() => {
          for (let i = 0; i < each; i++) {
            const wait = mine.send(i + 0.5)
            if (wait !== undefined) wait.wait()
          }
        }),
      ),
    )
  }
  drop(tx)
  const receiving: JoinHandle<Tally>[] = []
  for (let r = 0; r < receivers; r++) {
    const mine = rx.clone()
    receiving.push(
      thread.spawn(
        move((): Tally => {
          let [count, sum] = [0, 0]
          for (const n of mine) {
            count++
            sum += n
          }
          return [count, sum]
        }),
      ),
    )
  }
  drop(rx)
  const start = performance.now()
  for (const handle of sending) await handle.join()
  let [count, sum] = [0, 0]
  for (const handle of receiving) {
    const [c, s] = await handle.join()
    count += c
    sum += s
  }
  const ms = performance.now() - start
  assert.equal(count, MESSAGES)
  assert.equal(sum, senders * ((each * each) / 2))
  return ms
}

async function runOne(): Promise<number> {
  const [tx, rx] = mpsc.channel<number>()
  thread.spawn(
    move(() => {
      for (let i = 0; i < MESSAGES; i++) tx.send(i + 0.5)
    }),
  )
  const receiving = thread.spawn(
    move(() => {
      let sum = 0
      for (const n of rx) sum += n
      return sum
    }),
  )
  const start = performance.now()
  assert.equal(await receiving.join(), (MESSAGES * MESSAGES) / 2)
  return performance.now() - start
}

function report(name: string, times: number[]): void {
  const ms = times.sort((a, b) => a - b)[times.length >> 1]
  console.log(`${name.padEnd(48)} ${(MESSAGES / ms / 1000).toFixed(2).padStart(8)} M/s`)
}

const SHAPES: readonly Shape[] = [
  { senders: 1, receivers: 1, capacity: undefined },
  { senders: 1, receivers: 1, capacity: 1024 },
  { senders: 2, receivers: 2, capacity: undefined },
  { senders: 4, receivers: 4, capacity: undefined },
  { senders: 4, receivers: 4, capacity: 1024 },
]

const one: number[] = []
const times = SHAPES.map((): number[] => [])
for (let i = 0; i < RUNS + 1; i++) {
  const ms = await runOne()
  if (i > 0) one.push(ms)
  for (const [s, shape] of SHAPES.entries()) {
    const took = await run(shape)
    // The first run starts the threads and compiles.
    if (i > 0) times[s].push(took)
  }
}
report('mpsc, 1 to 1', one)
for (const [s, { senders, receivers, capacity }] of SHAPES.entries()) {
  report(`mpmc, ${senders} to ${receivers}, ${capacity === undefined ? 'unbounded' : `capacity ${capacity}`}`, times[s])
}
