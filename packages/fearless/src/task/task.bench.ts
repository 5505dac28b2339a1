/**
 * The cost of a task, against the same program on plain promises.
 *
 *     node src/task/task.bench.ts [name]
 *
 * Prints the best of eleven runs in microseconds per task, and the ratio to the plain program. Then it prints the peak
 * heap per task for a long input.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { JoinSet, task } from 'fearless'

const RUNS = 11
const TASKS = 100_000
const AT_A_TIME = 100
const only = process.argv[2]

/** A job that yields once. */
async function job(i: number): Promise<number> {
  await undefined
  return i
}

type Program = (n: number) => Promise<unknown>
const programs: Record<string, { ours: Program; plain: Program }> = {
  'spawn, join, one after another': {
    async ours(n) {
      for (let i = 0; i < n; i++) await task.spawn(async () => i).join()
    },
    async plain(n) {
      for (let i = 0; i < n; i++) await Promise.resolve().then(async () => i)
    },
  },
  '100,000 at a time': {
    async ours(n) {
      const handles = []
      for (let i = 0; i < n; i++) handles.push(task.spawn(() => job(i)))
      for (const handle of handles) await handle.join()
    },
    async plain(n) {
      const promises = []
      for (let i = 0; i < n; i++) promises.push(job(i))
      for (const promise of promises) await promise
    },
  },
  '100,000 in a JoinSet': {
    async ours(n) {
      const set = new JoinSet<number>()
      for (let i = 0; i < n; i++) set.spawn(() => job(i))
      while (set.size > 0) await set.joinNext()
    },
    async plain(n) {
      const promises = []
      for (let i = 0; i < n; i++) promises.push(job(i))
      await Promise.all(promises)
    },
  },
  '100 at a time: joined before the next is spawned': {
    async ours(n) {
      const set = new JoinSet<number>()
      for (let i = 0; i < n; i++) {
        if (set.size >= AT_A_TIME) await set.joinNext()
        set.spawn(() => job(i))
      }
      while (set.size > 0) await set.joinNext()
    },
    plain: inBatches,
  },
  '100 at a time: a JoinSet holds the others back': {
    async ours(n) {
      const set = new JoinSet<number>({ concurrency: AT_A_TIME })
      for (let i = 0; i < n; i++) set.spawn(() => job(i))
      while (set.size > 0) await set.joinNext()
    },
    plain: inBatches,
  },
}

/** The cheapest limit for plain promises: `AT_A_TIME` loops that share a counter. */
async function inBatches(n: number): Promise<void> {
  let next = 0
  const loop = async (): Promise<void> => {
    while (next < n) await job(next++)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, loop))
}

async function best(program: Program): Promise<number> {
  let least = Infinity
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now()
    await program(TASKS)
    least = Math.min(least, ((performance.now() - start) * 1000) / TASKS)
  }
  return least
}

for (const [name, { ours, plain }] of Object.entries(programs)) {
  if (only !== undefined && !name.includes(only)) continue
  const theirs = await best(plain)
  const own = await best(ours)
  console.log(`${name.padEnd(50)} ${own.toFixed(2)} us   plain ${theirs.toFixed(2)} us   ${(own / theirs).toFixed(1)}x`)
}

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

function heap(): number {
  gc()
  return process.memoryUsage().heapUsed
}

/** Bytes per task, measured when 90 % were spawned. */
async function heapOf(name: string, spawn: (set: JoinSet<number>, i: number) => Promise<void> | void): Promise<void> {
  if (only !== undefined && !name.includes(only)) return
  const set = new JoinSet<number>({ concurrency: AT_A_TIME })
  const before = heap()
  for (let i = 0; i < TASKS * 0.9; i++) await spawn(set, i)
  console.log(`${name.padEnd(50)} ${Math.max(0, (heap() - before) / (TASKS * 0.9)).toFixed(1)} bytes per task`)
  await set.shutdown()
}
await heapOf('heap, joined before the next is spawned', async (set, i) => {
  if (set.size >= AT_A_TIME) await set.joinNext()
  set.spawn(() => job(i))
})
const never = new Promise<number>(() => {})
await heapOf('heap, a JoinSet holds the others back', set => void set.spawn(() => never))
