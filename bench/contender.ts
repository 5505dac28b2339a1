/**
 * The interface of a contender.
 *
 * A contender only does the work; the rows (rows/) measure the time and check the answers, so the same code times and
 * judges every contender. If a contender cannot express a row, its method is missing and the table shows '-'. The rows
 * warm up the contender; `open` may return before its threads have started.
 */
import type { Message, MessageKind, Tally } from './messages.ts'

export interface Contender {
  /** Makes `threads` threads available; the row decides whether to warm them. */
  open(threads: number): Promise<void>
  close(): Promise<void>

  /** One trivial task in a thread: x + 1. */
  roundTrip?(x: number): Promise<number>
  /** n tasks x + 1 for x in 0..n, all started before any is waited for. */
  tasks?(n: number): Promise<number[]>
  /** The same work as one parallel loop over the list, in the contender's best form. */
  items?(xs: number[]): Promise<number[]>
  /** An async function run as a task on this thread's own event loop, n times one after the other; the sum of 0..n. */
  asyncTasks?(n: number): Promise<number>
  /** Makes `threads` threads exist at once, each of which has run a task. */
  hold?(threads: number): Promise<void>

  /** n messages from a thread to another one, or to this thread; every one is compared on arrival. */
  stream?(kind: MessageKind, to: 'thread' | 'main', n: number): Promise<Tally>
  /** n numbers from a thread to another one with a capacity of 1, or of 0: a rendezvous. */
  bounded?(capacity: 0 | 1, n: number): Promise<Tally>
  /** n numbers in all from two threads to two others, each received once: how many there were, and their sum. */
  crowd?(n: number): Promise<{ received: number; sum: number }>
  /** n numbers from a thread to two others, each of which receives all of them. Returns both tallies together. */
  broadcast?(n: number): Promise<Tally>
  /** A thread changes a watched number n times, from 1 up to n; another reads it after changes, also after the last. */
  watch?(n: number): Promise<{ reads: number; wrong: number; last: number }>
  /** n requests in sequence, each answered through a oneshot channel of its own. The sum of x + 1 for x in 0..n. */
  oneshot?(n: number): Promise<number>
  /** n numbers through a non-blocking queue, of capacity 1024 or unbounded: both sides retry. */
  queue?(kind: 'array' | 'seg', n: number): Promise<Tally>
  /** Two threads send a number back and forth; each of the 2n hops adds 1. Returns the last number. */
  pingPong?(n: number): Promise<number>

  /** A counter behind a mutex: `threads` threads lock, add 1 and unlock n times in all. Returns the counter. */
  lock?(threads: 1 | 2, n: number): Promise<number>
  /** n times, one thread read-locks a readers-writer lock, reads the 1 in it, and unlocks it. Returns the sum. */
  read?(n: number): Promise<number>
  /** n times fetchAdd(1) in one thread. Returns the counter. */
  atomicAdd?(n: number): Promise<number>
  /** n times clone and drop in one thread. Returns the final number of owners. */
  arcClone?(n: number): Promise<number>

  /** A thread receives the list, adds 1 to every x, and returns it. */
  objects?(list: Message[]): Promise<Message[]>
  /** A thread receives the array, adds 1 to its first and last element, and returns it. */
  transfer?(data: Float64Array<ArrayBuffer>): Promise<Float64Array>
  /** The same with shared memory, allocated once and passed `n` times. Returns the first and last element. */
  share?(length: number, n: number): Promise<[number, number]>

  /** The input of the parallel loops below, in the contender's best form. The row does not time this call. */
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

export type Work = 'primes' | 'mandelbrot'
