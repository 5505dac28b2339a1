/**
 * The floor: the cost of two threads over a SharedArrayBuffer in a program that is hand-written for exactly this work.
 * It has no closures, no errors, no closing of channels, no growth, and messages of a fixed shape.
 */
import { Worker } from 'node:worker_threads'
import type { Contender, Loaded } from '../contender.ts'
import type { Message, MessageKind } from '../messages.ts'
import { matches } from '../messages.ts'
import {
  BALL,
  COUNTER,
  CURSOR,
  DATA,
  DONE,
  IN_HEAD,
  IN_TAIL,
  OPCODE,
  ORDER,
  OUT_HEAD,
  OUT_TAIL,
  Ring,
  WORDS,
  allocate,
  change,
  yieldWhile,
} from './floor-memory.ts'
import { KINDS, OPCODES, type Opcode, work } from './floor-thread.ts'

const memory = allocate()
const words = new Int32Array(memory.words)
const numbers = new Float64Array(memory.words)
const data = new Float64Array(memory.data)
const workers: Worker[] = []
const orders = [0, 0]

async function open(threads: number): Promise<void> {
  for (let index = workers.length; index < Math.min(2, threads); index++) {
    workers.push(new Worker(new URL('./floor-thread.ts', import.meta.url), { workerData: { memory, index } }))
  }
}

/** Sends thread `index` its next order. Returns the result once the thread has executed it. */
function order(index: number, opcode: Opcode, a: number, b = 0): { done(): Promise<number> } {
  const at = index * WORDS
  numbers[(at + OPCODE) / 2 + 1] = a
  numbers[(at + OPCODE) / 2 + 2] = b
  words[at + OPCODE] = OPCODES.indexOf(opcode)
  const seen = orders[index]++
  change(words, at + ORDER, seen + 1)
  return {
    done: async () => {
      await yieldWhile(words, at + DONE, seen)
      return numbers[(at + OPCODE) / 2 + 1]
    },
  }
}

function rings(index: number): { input: Ring; output: Ring; next: (kind: MessageKind) => Promise<unknown> } {
  const at = index * WORDS
  const input = new Ring(words, memory.rings[index * 2], at + IN_TAIL, at + IN_HEAD)
  const output = new Ring(words, memory.rings[index * 2 + 1], at + OUT_TAIL, at + OUT_HEAD)
  const next = async (kind: MessageKind): Promise<unknown> => {
    if (!output.ready()) await yieldWhile(words, at + OUT_TAIL, output.next)
    output.ready()
    return output.take(kind)
  }
  return { input, output, next }
}

/** One half by thread 0, the other by main. */
async function halves(opcode: Opcode, length: number): Promise<[number, number]> {
  Atomics.store(words, CURSOR, 0)
  const half = length >>> 1
  const other = order(0, opcode, half, length)
  const mine = work(opcode, words, data, 0, half)
  return [mine, await other.done()]
}

function load(source: readonly number[] | Float64Array): Loaded {
  data.set(source)
  const total = async (opcode: Opcode): Promise<number> => {
    const [a, b] = await halves(opcode, source.length)
    return a + b
  }
  return {
    sum: () => total('sum'),
    evenSquaresSum: () => total('evenSquaresSum'),
    evenSquares: async () => {
      const [a, b] = await halves('evenSquares', source.length)
      const squares = new Float64Array(a + b)
      squares.set(data.subarray(DATA, DATA + a))
      squares.set(data.subarray(DATA + (source.length >>> 1), DATA + (source.length >>> 1) + b), a)
      return squares
    },
  }
}

const contender: Contender = {
  open,
  close: async () => {
    await Promise.all(workers.map(worker => worker.terminate()))
  },
  hold: async threads => {
    const further = Array.from({ length: threads }, (_, i) => {
      const workerData = { memory: allocate(), index: i & 1 }
      const worker = new Worker(new URL('./floor-thread.ts', import.meta.url), { workerData })
      workers.push(worker)
      return new Promise(resolve => {
        worker.once('online', resolve)
      })
    })
    await Promise.all(further)
  },
  roundTrip: x => order(0, 'increment', x).done(),

  // A promise per task, because a caller awaits each of them separately.
  tasks: async n => {
    const { input, next } = rings(0)
    const running = order(0, 'tasks', n)
    const settle: ((x: number) => void)[] = []
    const results = Array.from({ length: n }, (_, x) => {
      input.push('number', x)
      return new Promise<number>(resolve => {
        settle.push(resolve)
      })
    })
    for (const resolve of settle) resolve((await next('number')) as number)
    await running.done()
    return await Promise.all(results)
  },

  items: async xs => {
    data.set(xs)
    await halves('incrementRange', xs.length)
    return Array.from(data.subarray(0, xs.length))
  },

  asyncTasks: async n => {
    let total = 0
    for (let i = 0; i < n; i++) total += await (async () => i)()
    return total
  },

  stream: async (kind, to, n) => {
    const { next } = rings(0)
    const sending = order(0, 'send', n, KINDS.indexOf(kind))
    let wrong = 0
    if (to === 'thread') wrong = await order(1, 'receive', n, KINDS.indexOf(kind)).done()
    else for (let i = 0; i < n; i++) if (!matches(kind, await next(kind), i)) wrong++
    await sending.done()
    return { received: n, wrong }
  },

  pingPong: async n => {
    words[BALL] = words[WORDS + BALL] = 0
    const pong = order(1, 'pong', n)
    const hops = await order(0, 'ping', n).done()
    await pong.done()
    return hops
  },

  lock: async (threads, n) => {
    words[COUNTER] = 0
    const running = Array.from({ length: threads }, (_, index) => order(index, 'lock', n / threads))
    for (const thread of running) await thread.done()
    return words[COUNTER]
  },

  atomicAdd: async n => {
    words[COUNTER] = 0
    await order(0, 'atomicAdd', n).done()
    return words[COUNTER]
  },

  objects: async list => {
    const { input, next } = rings(0)
    const running = order(0, 'objects', list.length)
    for (const item of list) input.push('object', item)
    const back: Message[] = []
    for (let i = 0; i < list.length; i++) back.push((await next('object')) as Message)
    await running.done()
    return back
  },

  share: async (length, n) => {
    data[0] = data[length - 1] = 0
    for (let i = 0; i < n; i++) await order(0, 'bump', length).done()
    return [data[0], data[length - 1]]
  },

  load,

  compute: async work => {
    const [a, b] = await halves(work, 0)
    return a + b
  },
}

export default contender
