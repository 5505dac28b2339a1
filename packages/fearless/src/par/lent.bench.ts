/**
 * The cost of watching the loans of closures that the compiler has not proven to only read.
 *
 *     node --import @fearless/compiler/register src/par/lent.bench.ts
 *
 * Each row runs a closure with a proof and one without, which differ in nothing else. The last two rows of numbers are
 * nanoseconds for each watched object or number. The first line is the time to send the same object to this thread.
 */
import { mpsc, parIter } from 'fearless'

const RUNS = 15

interface Row {
  readonly n: number
  /** Watched objects or numbers. */
  readonly watched: number
  readonly proven: () => PromiseLike<unknown>
  readonly watching: () => PromiseLike<unknown>
}

const ten = Array.from({ length: 10 }, (_, i) => i)
const users = Array.from({ length: 10_000 }, (_, id) => ({ id, name: `n${id}`, active: true, score: id / 2 }))

function rows(): Record<string, Row> {
  const table = Array.from({ length: 1000 }, (_, id) => ({ id, name: `n${id}`, active: true, score: id / 2 }))
  const numbers = Array.from({ length: 100_000 }, (_, i) => i)
  const bytes = new Float64Array(100_000)
  return {
    'no captures, 10 numbers': {
      n: 2000,
      watched: 0,
      proven: () =>
        parIter(ten)
          .map(n => n)
          .sum(),
      watching: () =>
        parIter(ten)
          .map(n => [n].at(0)!)
          .sum(),
    },
    '1,000 captured objects': {
      n: 100,
      watched: 1000,
      proven: () =>
        parIter(ten)
          .map(n => table[n].score)
          .sum(),
      watching: () =>
        parIter(ten)
          .map(n => Object(table)[n].score as number)
          .sum(),
    },
    '100,000 captured numbers': {
      n: 50,
      watched: 100_000,
      proven: () =>
        parIter(ten)
          .map(n => numbers[n])
          .sum(),
      watching: () =>
        parIter(ten)
          .map(n => (Object(numbers) as number[])[n])
          .sum(),
    },
    'a captured Float64Array of 100,000': {
      n: 50,
      watched: 100_000,
      proven: () =>
        parIter(ten)
          .map(n => bytes[n])
          .sum(),
      watching: () =>
        parIter(ten)
          .map(n => (Object(bytes) as Float64Array)[n])
          .sum(),
    },
    '10,000 items': {
      n: 20,
      watched: 10_000,
      proven: () =>
        parIter(users)
          .map(user => user.score)
          .sum(),
      watching: () =>
        parIter(users)
          .map(user => (Object(user) as typeof user).score)
          .sum(),
    },
  }
}

/** Measures processor time, so that other programs on the machine do not count. */
async function microseconds(n: number, f: () => unknown): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const begun = process.cpuUsage()
    for (let i = 0; i < n; i++) await f()
    const { user, system } = process.cpuUsage(begun)
    times.push((user + system) / n)
  }
  return times.sort((a, b) => a - b)[RUNS >> 1]
}

const [tx, rx] = mpsc.channel<(typeof users)[0]>()
const message = await microseconds(20_000, () => {
  tx.send({ ...users[7] })
  return rx.recv().try()
})
console.log(`a message of an object: ${(message * 1000).toFixed(0)} ns`)
for (const [name, { n, watched, proven, watching }] of Object.entries(rows())) {
  const [without, with_] = [await microseconds(n, proven), await microseconds(n, watching)]
  const each = watched === 0 ? '' : `   ${(((with_ - without) / watched) * 1000).toFixed(1)} ns each`
  console.log(
    `${name.padEnd(36)} proven ${without.toFixed(1).padStart(8)} us   watched ${with_.toFixed(1).padStart(8)} us${each}`,
  )
}
