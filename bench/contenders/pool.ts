/**
 * The code of a plain worker pool's user: one task per call, and lists cut into pieces by hand.
 *
 * This file drives piscina, tinypool, workerpool, comlink, multithreading and raw postMessage, so they differ only in
 * the way in which a task reaches a thread. Arrays of f64 are copied to shared memory before the clock starts, because
 * each of them can send a SharedArrayBuffer; each thread then gets one piece.
 */
import { availableParallelism } from 'node:os'
import type { Contender, Loaded } from '../contender.ts'
import type { Message } from '../messages.ts'

/** The functions of tasks.ts that run in the pool's threads; `bumpMoved` is `bump` whose result is transferred. */
export type TaskName =
  | 'increment'
  | 'incrementAll'
  | 'bumpObjects'
  | 'bump'
  | 'bumpMoved'
  | 'sum'
  | 'evenSquares'
  | 'evenSquaresSum'
  | 'compute'

export interface Pool {
  run(task: TaskName, argument: unknown, transfer?: ArrayBuffer[]): Promise<unknown>
  stop(): Promise<unknown>
}

const THREADS = availableParallelism()
/** Enough pieces to balance uneven work, few enough that the cost of sending them is negligible. */
const UNEVEN_PIECES = 32

export function fromPool(start: (threads: number) => Pool): Contender {
  const pools: Pool[] = []
  let pool: Pool
  const run = <T>(task: TaskName, argument: unknown) => pool.run(task, argument) as Promise<T>
  const open = async (threads: number): Promise<void> => {
    pool = start(threads)
    pools.push(pool)
  }

  return {
    open,
    close: async () => {
      await Promise.all(pools.map(p => p.stop()))
    },
    roundTrip: x => run('increment', x),
    tasks: n => Promise.all(Array.from({ length: n }, (_, x) => run<number>('increment', x))),
    items: async xs => {
      const done = await Promise.all(pieces(xs, THREADS).map(piece => run<number[]>('incrementAll', piece)))
      return done.flat()
    },
    hold: async threads => {
      await open(threads)
      await Promise.all(Array.from({ length: threads * 8 }, (_, x) => run('increment', x)))
    },
    objects: list => run<Message[]>('bumpObjects', list),
    transfer: data => pool.run('bumpMoved', data, [data.buffer]) as Promise<Float64Array>,
    share: async (length, n) => {
      const data = new Float64Array(new SharedArrayBuffer(length * 8))
      for (let i = 0; i < n; i++) await run('bump', data)
      return [data[0], data[length - 1]]
    },
    load: numbers => overPieces(numbers, run),
    compute: async (work, inputs) => {
      const parts = pieces(inputs, UNEVEN_PIECES).map(piece => run<number>('compute', { work, inputs: piece }))
      return total(await Promise.all(parts))
    },
  }
}

function overPieces(
  numbers: readonly number[] | Float64Array,
  run: <T>(task: TaskName, argument: unknown) => Promise<T>,
): Loaded {
  const data = numbers instanceof Float64Array ? shared(numbers) : numbers
  const each = <T>(task: TaskName) => Promise.all(pieces(data, THREADS).map(piece => run<T>(task, piece)))
  return {
    sum: async () => total(await each<number>('sum')),
    evenSquaresSum: async () => total(await each<number>('evenSquaresSum')),
    evenSquares: async () => {
      const squares = await each<number[] | Float64Array>('evenSquares')
      if (!(squares[0] instanceof Float64Array)) return squares.flat() as number[]
      const all = new Float64Array(total(squares.map(piece => piece.length)))
      let at = 0
      for (const piece of squares) {
        all.set(piece, at)
        at += piece.length
      }
      return all
    },
  }
}

function shared(numbers: Float64Array): Float64Array {
  const data = new Float64Array(new SharedArrayBuffer(numbers.byteLength))
  data.set(numbers)
  return data
}

/** Splits `list` into at most `parts` consecutive pieces of almost equal length. Pieces of shared memory are views. */
function pieces(list: readonly number[] | Float64Array, parts: number): (readonly number[] | Float64Array)[] {
  const size = Math.ceil(list.length / parts)
  const count = Math.ceil(list.length / size)
  return Array.from({ length: count }, (_, i) =>
    list instanceof Float64Array ? list.subarray(i * size, (i + 1) * size) : list.slice(i * size, (i + 1) * size),
  )
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
