/**
 * Litmus tests on real threads: they test the model's assumption that all `Atomics` have one total order.
 *
 * Each test has a few threads of a few steps, and an outcome that sequential consistency forbids. All threads walk over
 * the same long arrays of words and use each word once, so that many of their steps overlap.
 */
import { Worker, isMainThread, workerData } from 'node:worker_threads'

type Step = readonly ['write', variable: number, value: number] | readonly ['read', variable: number]

export interface Litmus {
  readonly name: string
  readonly threads: readonly (readonly Step[])[]
  /** Returns true for a forbidden outcome: the values read, thread by thread, and the final words. */
  readonly forbidden: (read: readonly number[], final: readonly number[]) => boolean
}

const X = 0
const Y = 1

export const litmusTests: readonly Litmus[] = [
  {
    name: 'MP',
    threads: [
      [
        ['write', X, 1],
        ['write', Y, 1],
      ],
      [
        ['read', Y],
        ['read', X],
      ],
    ],
    forbidden: ([y, x]) => y === 1 && x === 0,
  },
  {
    name: 'SB',
    threads: [
      [
        ['write', X, 1],
        ['read', Y],
      ],
      [
        ['write', Y, 1],
        ['read', X],
      ],
    ],
    forbidden: ([y, x]) => y === 0 && x === 0,
  },
  {
    name: 'LB',
    threads: [
      [
        ['read', X],
        ['write', Y, 1],
      ],
      [
        ['read', Y],
        ['write', X, 1],
      ],
    ],
    forbidden: ([x, y]) => x === 1 && y === 1,
  },
  {
    name: 'IRIW',
    threads: [
      [['write', X, 1]],
      [['write', Y, 1]],
      [
        ['read', X],
        ['read', Y],
      ],
      [
        ['read', Y],
        ['read', X],
      ],
    ],
    forbidden: ([x1, y1, y2, x2]) => x1 === 1 && y1 === 0 && y2 === 1 && x2 === 0,
  },
  {
    name: 'CoRR',
    threads: [
      [['write', X, 1]],
      [
        ['read', X],
        ['read', X],
      ],
    ],
    forbidden: ([first, second]) => first === 1 && second === 0,
  },
  {
    name: 'CoWW',
    threads: [
      [
        ['write', X, 1],
        ['write', X, 2],
      ],
      [
        ['read', X],
        ['read', X],
      ],
    ],
    forbidden: ([first, second], [x]) => x !== 2 || (first === 2 && second !== 2),
  },
  {
    name: '2+2W',
    threads: [
      [
        ['write', X, 1],
        ['write', Y, 2],
      ],
      [
        ['write', Y, 1],
        ['write', X, 2],
      ],
    ],
    forbidden: (_, [x, y]) => x === 1 && y === 1,
  },
  {
    name: 'WRC',
    threads: [
      [['write', X, 1]],
      [
        ['read', X],
        ['write', Y, 1],
      ],
      [
        ['read', Y],
        ['read', X],
      ],
    ],
    forbidden: ([x1, y, x2]) => x1 === 1 && y === 1 && x2 === 0,
  },
]

/** The number of rounds that the threads run before their results are checked. */
const BATCH = 32768
/**
 * The words between the variables of two rounds. One cache line for each would be slow, one line for all hides
 * reorderings.
 */
const STRIDE = 4
const READS = 4

interface Setup {
  readonly words: SharedArrayBuffer
  readonly reads: SharedArrayBuffer
  readonly gate: SharedArrayBuffer
  readonly me: number
  readonly threads: number
  readonly steps: readonly Step[]
  readonly firstRead: number
  readonly plain: boolean
}

/**
 * The words of the gate: the number of threads that have finished the batch, the number of the batch, and 1 after the
 * last.
 */
const DONE = 0
const ROUND = 1
const OVER = 2
/** The first word of the progress of the threads. */
const PROGRESS = 3
/**
 * Once in this many rounds the threads wait for each other, so that their steps overlap. The wait is short, because a
 * thread may not be running.
 */
const TOGETHER = 4
const LOOKS = 400

export interface LitmusResult {
  readonly iterations: number
  readonly forbidden: number
  /** The number of different outcomes. 1 means that the threads never overlapped. */
  readonly outcomes: number
}

/**
 * Runs a test for this many rounds, one worker for each thread. With `plain` it uses plain accesses, to show that the
 * test can detect reorderings.
 */
export async function runLitmus(test: Litmus, iterations: number, plain = false): Promise<LitmusResult> {
  const words = new SharedArrayBuffer(BATCH * STRIDE * 4)
  const reads = new SharedArrayBuffer(BATCH * READS * 4)
  const gate = new SharedArrayBuffer(4 * (PROGRESS + 4))
  let firstRead = 0
  const workers = test.threads.map((steps, me) => {
    const setup: Setup = { words, reads, gate, me, threads: test.threads.length, steps, firstRead, plain }
    firstRead += steps.filter(step => step[0] === 'read').length
    return new Worker(new URL(import.meta.url), { workerData: setup })
  })
  await Promise.all(
    workers.map(worker => new Promise<void>((up, down) => void worker.once('online', up).once('error', down))),
  )
  const state = new Int32Array(gate)
  const memory = new Int32Array(words)
  const seen = new Int32Array(reads)
  const outcomes = new Set<string>()
  let forbidden = 0
  let done = 0
  for (; done < iterations; done += BATCH) {
    memory.fill(0)
    Atomics.store(state, DONE, 0)
    Atomics.add(state, ROUND, 1)
    Atomics.notify(state, ROUND)
    for (;;) {
      const count = Atomics.load(state, DONE)
      if (count === test.threads.length) break
      Atomics.wait(state, DONE, count)
    }
    for (let i = 0; i < BATCH; i++) {
      const read = [...seen.subarray(i * READS, i * READS + firstRead)]
      const final = [memory[i * STRIDE + X], memory[i * STRIDE + Y]]
      if (test.forbidden(read, final)) forbidden++
      if (i % 4 === 0) outcomes.add(`${read.join()} ${final.join()}`)
    }
  }
  Atomics.store(state, OVER, 1)
  Atomics.add(state, ROUND, 1)
  Atomics.notify(state, ROUND)
  await Promise.all(workers.map(worker => new Promise<void>(end => void worker.once('exit', () => end()))))
  return { iterations: done, forbidden, outcomes: outcomes.size }
}

function work({ words, reads, gate, me, threads, steps, firstRead, plain }: Setup): void {
  const state = new Int32Array(gate)
  const memory = new Int32Array(words)
  const seen = new Int32Array(reads)
  const run = compiled(steps, firstRead, plain)
  for (let round = 0; ; round++) {
    while (Atomics.load(state, ROUND) === round) Atomics.wait(state, ROUND, round)
    if (Atomics.load(state, OVER) === 1) return
    const meet = (i: number): void => meetOthers(state, me, threads, round * BATCH + i + 1)
    run(memory, seen, BATCH, meet)
    Atomics.add(state, DONE, 1)
    Atomics.notify(state, DONE)
  }
}

function meetOthers(state: Int32Array, me: number, threads: number, round: number): void {
  Atomics.store(state, PROGRESS + me, round)
  for (let other = 0; other < threads; other++) {
    for (let looks = 0; looks < LOOKS && Atomics.load(state, PROGRESS + other) < round; looks++);
  }
}

type Compiled = (memory: Int32Array, seen: Int32Array, n: number, meet: (i: number) => void) => void

/** Compiles the steps to straight code: a loop over data would keep the threads apart. */
function compiled(steps: readonly Step[], firstRead: number, plain: boolean): Compiled {
  let slot = firstRead
  const lines = steps.map(step => {
    const at = `i * ${STRIDE} + ${step[1]}`
    if (step[0] === 'write') return plain ? `memory[${at}] = ${step[2]}` : `Atomics.store(memory, ${at}, ${step[2]})`
    return `seen[i * ${READS} + ${slot++}] = ${plain ? `memory[${at}]` : `Atomics.load(memory, ${at})`}`
  })
  const loop = `for (let i = 0; i < n; i++) { if (i % ${TOGETHER} === 0) meet(i); ${lines.join('; ')} }`
  return new Function('memory', 'seen', 'n', 'meet', loop) as Compiled
}

if (!isMainThread && (workerData as Partial<Setup> | null)?.gate !== undefined) work(workerData as Setup)
