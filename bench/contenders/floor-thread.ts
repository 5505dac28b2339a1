/** A thread of the floor: waits for an order, executes it, and reports its completion. */
import { workerData } from 'node:worker_threads'
import type { Message, MessageKind } from '../messages.ts'
import { make, matches } from '../messages.ts'
import { INPUTS, WORK, bump, bumpObjects, evenSquares, evenSquaresSum, increment, sum } from '../tasks.ts'
import type { Memory } from './floor-memory.ts'
import {
  BALL,
  COUNTER,
  CURSOR,
  DATA,
  DONE,
  IN_HEAD,
  IN_TAIL,
  LOCK,
  OPCODE,
  ORDER,
  OUT_HEAD,
  OUT_TAIL,
  Ring,
  WORDS,
  block,
  change,
} from './floor-memory.ts'

/** The orders of main; the index in this list is the opcode. `a` and `b` are the order's operands. */
export const OPCODES = [
  'increment',
  'tasks',
  'incrementRange',
  'objects',
  'bump',
  'send',
  'receive',
  'ping',
  'pong',
  'lock',
  'atomicAdd',
  'sum',
  'evenSquares',
  'evenSquaresSum',
  'primes',
  'mandelbrot',
] as const
export type Opcode = (typeof OPCODES)[number]
export const KINDS: readonly MessageKind[] = ['number', 'object', 'string']

/** The work that main and the threads share. */
export function work(opcode: Opcode, words: Int32Array, data: Float64Array, a: number, b: number): number {
  switch (opcode) {
    case 'sum':
      return sum(data.subarray(a, b))
    case 'evenSquaresSum':
      return evenSquaresSum(data.subarray(a, b))
    case 'evenSquares': {
      const squares = evenSquares(data.subarray(a, b))
      data.set(squares, DATA + a)
      return squares.length
    }
    case 'incrementRange':
      for (let i = a; i < b; i++) data[i] = increment(data[i])
      return 0
    case 'primes':
    case 'mandelbrot': {
      const inputs = INPUTS[opcode]
      let total = 0
      for (let i = Atomics.add(words, CURSOR, 1); i < inputs.length; i = Atomics.add(words, CURSOR, 1)) {
        total += WORK[opcode](inputs[i])
      }
      return total
    }
    default:
      throw new Error(`not a piece of work: ${opcode}`)
  }
}

function serve({ memory, index }: { memory: Memory; index: 0 | 1 }): void {
  const words = new Int32Array(memory.words)
  const numbers = new Float64Array(memory.words)
  const data = new Float64Array(memory.data)
  const mine = index * WORDS
  const input = new Ring(words, memory.rings[index * 2], mine + IN_TAIL, mine + IN_HEAD)
  const output = new Ring(words, memory.rings[index * 2 + 1], mine + OUT_TAIL, mine + OUT_HEAD)
  // Thread 1 reads the messages of thread 0.
  const fromOther = () => new Ring(words, memory.rings[1], OUT_TAIL, OUT_HEAD)

  function next(ring: Ring, tailWord: number, kind: MessageKind): number | string | Message {
    if (!ring.ready()) block(words, tailWord, ring.next)
    ring.ready()
    return ring.take(kind)
  }

  function lock(): void {
    if (Atomics.compareExchange(words, LOCK, 0, 1) === 0) return
    for (let i = 0; i < 100; i++) if (Atomics.compareExchange(words, LOCK, 0, 1) === 0) return
    while (Atomics.exchange(words, LOCK, 2) !== 0) Atomics.wait(words, LOCK, 2)
  }

  function unlock(): void {
    if (Atomics.exchange(words, LOCK, 0) === 2) Atomics.notify(words, LOCK, 1)
  }

  function carryOut(opcode: Opcode, a: number, b: number): number {
    switch (opcode) {
      case 'increment':
        return increment(a)
      case 'tasks':
        for (let i = 0; i < a; i++) output.push('number', increment(next(input, mine + IN_TAIL, 'number') as number))
        return 0
      case 'objects': {
        const list = Array.from({ length: a }, () => next(input, mine + IN_TAIL, 'object') as Message)
        for (const item of bumpObjects(list)) output.push('object', item)
        return 0
      }
      case 'bump':
        bump(data.subarray(0, a))
        return 0
      case 'send':
        for (let i = 0; i < a; i++) output.push(KINDS[b], make(KINDS[b], i))
        return 0
      case 'receive': {
        const ring = fromOther()
        let wrong = 0
        for (let i = 0; i < a; i++) if (!matches(KINDS[b], next(ring, OUT_TAIL, KINDS[b]), i)) wrong++
        return wrong
      }
      // Each waits on a word of its own, because with one word for both, one would clear the other's flag.
      case 'ping':
        for (let i = 0; i < a; i++) {
          change(words, WORDS + BALL, 2 * i + 1)
          block(words, BALL, 2 * i)
        }
        return Atomics.load(words, BALL)
      case 'pong':
        for (let i = 0; i < a; i++) {
          block(words, WORDS + BALL, Math.max(0, 2 * i - 1))
          change(words, BALL, Atomics.load(words, WORDS + BALL) + 1)
        }
        return 0
      case 'lock':
        for (let i = 0; i < a; i++) {
          lock()
          words[COUNTER]++
          unlock()
        }
        return 0
      case 'atomicAdd':
        for (let i = 0; i < a; i++) Atomics.add(words, COUNTER, 1)
        return 0
      default:
        return work(opcode, words, data, a, b)
    }
  }

  for (let order = 0; ; order++) {
    block(words, mine + ORDER, order)
    const at = (mine + OPCODE) / 2
    numbers[at + 1] = carryOut(OPCODES[words[mine + OPCODE]], numbers[at + 1], numbers[at + 2])
    change(words, mine + DONE, order + 1)
  }
}

if (workerData?.memory !== undefined) serve(workerData)
