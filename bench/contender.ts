/**
 * What a contender can be asked to do.
 *
 * A contender only does the work; the rows (rows/) hold the clock and check the answers, so every contender is timed
 * and judged by the same code. A method that is missing is a thing the contender cannot express: the table says '-'.
 * Nothing here is warmed by the contender itself, except that `open` may return before its threads are up.
 */
import type { Message, Tally } from './messages.ts'

export interface Contender {
  /** Makes `threads` threads available; the row decides whether to warm them. */
  open(threads: number): Promise<void>
  close(): Promise<void>

  /** One trivial task in a thread: x + 1. */
  roundTrip?(x: number): Promise<number>
  /** n tasks x + 1 for x in 0..n, all started before any is waited for. */
  tasks?(n: number): Promise<number[]>
  /** The same work as one parallel loop over the list: whatever the contender offers for that. */
  items?(xs: number[]): Promise<number[]>
  /** An async function run as a task on this thread's own event loop, n times one after the other; the sum of 0..n. */
  asyncTasks?(n: number): Promise<number>
  /** Makes `threads` threads exist at once, all of them having run something. */
  hold?(threads: number): Promise<void>

  /** n messages from a thread to another one, or to this thread; every one is compared on arrival. */
  stream?(kind: MessageKind, to: 'thread' | 'main', n: number): Promise<Tally>
  /** n numbers from a thread to another one with room for 1 at a time, or for 0: every send meets its receive. */
  bounded?(capacity: 0 | 1, n: number): Promise<Tally>
  /** n numbers in all from two threads to two others, each received once: how many there were, and their sum. */
  crowd?(n: number): Promise<{ received: number; sum: number }>
  /** n numbers from a thread to two others, each of which gets all of them. What both got together. */
  broadcast?(n: number): Promise<Tally>
  /** A thread changes a watched number n times, from 1 up to n; another reads it after changes, the last one too. What it saw. */
  watch?(n: number): Promise<{ reads: number; wrong: number; last: number }>
  /** n requests, one after the other, each answered through a oneshot channel of its own: the sum of x + 1 for x in 0..n. */
  oneshot?(n: number): Promise<number>
  /** n numbers through a queue that nobody waits at, with room for 1024 or of any length: both sides try again. */
  queue?(kind: 'array' | 'seg', n: number): Promise<Tally>
  /** Two threads that hand a number to and fro; each of the 2n hops adds 1. The number at the end. */
  pingPong?(n: number): Promise<number>

  /** A counter behind a mutex: `threads` threads lock, add 1 and unlock n times in all. The counter at the end. */
  lock?(threads: 1 | 2, n: number): Promise<number>
  /** n times, one thread takes a share of a readers-writer lock, reads the 1 behind it, and gives the share back. Their sum. */
  read?(n: number): Promise<number>
  /** n times fetchAdd(1) in one thread. The counter at the end. */
  atomicAdd?(n: number): Promise<number>
  /** n times clone and drop in one thread. The number of owners at the end. */
  arcClone?(n: number): Promise<number>

  /** A thread gets the list, adds 1 to every x, and gives it back. */
  objects?(list: Message[]): Promise<Message[]>
  /** A thread gets the array, adds 1 to its first and last element, and gives it back. */
  transfer?(data: Float64Array<ArrayBuffer>): Promise<Float64Array>
  /** The same with memory that both sides can see: allocated once, handed over `n` times. First and last element. */
  share?(length: number, n: number): Promise<[number, number]>

  /** What the parallel loops below run over, brought into the contender's own best form before the clock starts. */
  load?(numbers: readonly number[] | Float64Array<ArrayBuffer>): Loaded
  /** A compute-bound function over a list of inputs, in parallel; the sum of its results. */
  compute?(work: Work, inputs: readonly number[]): Promise<number>
}

export interface Loaded {
  sum?(): Promise<number>
  /** filter(x => x % 2 === 0).map(x => x * x).collect() */
  evenSquares?(): Promise<ArrayLike<number>>
  /** filter(x => x % 2 === 0).map(x => x * x).sum() */
  evenSquaresSum?(): Promise<number>
}

export type MessageKind = 'number' | 'object' | 'string'
export type Work = 'primes' | 'mandelbrot'
