/**
 * Runs transformed code as threads: each is a generator that yields only when another thread is to run.
 *
 * A step is written `($.load(array, 0) || (yield), $.x())`: `$.load` announces it, and makes it at once if the scheduler
 * lets the same thread go on. Otherwise the thread yields, the loop here runs whoever is next, and makes the step
 * before it resumes the thread. Nothing is unwound and nothing runs twice.
 */
import { BYTES, I32, type Value } from './cell.ts'
import { ModelError } from './error.ts'
import { DEATH, WATCHER, type Execution } from './execution.ts'
import { PROCESSES } from './events.ts'
import { END, HOW, JOIN, OK, SPAWN, WAIT, WAIT_ASYNC } from './ops.ts'
import type { RawHost } from './raw.ts'

/** The body of a thread: a generator function, or a function that makes no step. */
export type Body = (how: number) => Generator<void, unknown, void> | undefined

/** How what a step returned is turned into what the program sees. */
export type Reading = (result: Value) => unknown

const NOBODY = -1

export class Generators implements RawHost {
  readonly #execution: Execution
  readonly #main: Body
  #current = 0
  #decided = NOBODY
  readonly #running: (Generator<void, unknown, void> | undefined)[] = []
  readonly #bodies: Body[] = []
  readonly #names: (string | undefined)[] = []
  readonly #born: ((process: number) => void)[] = []
  readonly #results: Value[] = new Array<Value>(PROCESSES + 1).fill(0)
  readonly #readings: (Reading | undefined)[] = []
  readonly #started = new Uint8Array(PROCESSES + 1)
  readonly #returned: unknown[] = []

  constructor(execution: Execution, main: Body) {
    this.#execution = execution
    this.#main = main
  }

  run(): void {
    const execution = this.#execution
    this.#started.fill(0)
    this.#running.length = 0
    this.#returned.length = 0
    this.#bodies[0] = this.#main
    setHost(this)
    try {
      this.#decided = execution.next()
      while (this.#decided >= 0) this.#turn(this.#decided)
    } finally {
      setHost(undefined)
    }
  }

  name(process: number): string | undefined {
    return this.#names[process]
  }

  /** Makes the step of the process whose turn it is, and runs its code until it is somebody else's. */
  #turn(process: number): void {
    const execution = this.#execution
    if (execution.role[process] === DEATH) {
      execution.perform(process)
      this.#decided = execution.next()
      return
    }
    this.#current = process
    if (this.#started[process] === 0) {
      this.#started[process] = 1
      const result = execution.perform(process) as number
      this.#resume(process, execution.role[process] === WATCHER ? result : OK)
    } else if (execution.kind[process] === END) {
      execution.perform(process)
      execution.finish(process, false, undefined)
      this.#decided = execution.next()
    } else if (this.#make(process)) this.#resume(process, OK)
    else this.#decided = execution.next()
  }

  /** Makes the announced step; false if the thread sleeps now. */
  #make(process: number): boolean {
    const execution = this.#execution
    const kind = execution.kind[process]
    const result = execution.perform(process)
    if (kind === WAIT && result === OK) return false
    if (kind === SPAWN || (kind === WAIT_ASYNC && result === OK)) {
      this.#born[process](kind === SPAWN ? (result as number) : execution.youngest)
    }
    this.#results[process] = result
    return true
  }

  #resume(process: number, how: number): void {
    const execution = this.#execution
    try {
      let running = this.#running[process]
      if (running === undefined) {
        running = this.#bodies[process](how)
        if (running === undefined) return this.#end(process)
        this.#running[process] = running
      }
      const { done, value } = running.next()
      if (done !== true) return
      this.#returned[process] = value
      this.#end(process)
    } catch (error) {
      execution.finish(process, true, error)
      this.#decided = execution.next()
    }
  }

  #end(process: number): void {
    const execution = this.#execution
    if (execution.mayDie(process)) execution.announce(process, END, 0, I32, 0, 0)
    else execution.finish(process, false, undefined)
    this.#decided = execution.next()
  }

  /** Announces a step of the running thread; true if it is made already, false if the thread has to yield. */
  begin(kind: number, at: number, cell: number, a: Value, b: Value, reading?: Reading): boolean {
    const execution = this.#execution
    const process = this.#current
    this.#readings[process] = reading
    if (kind <= WAIT_ASYNC) check(execution, at, cell)
    execution.announce(process, kind, at, cell, a, b)
    this.#decided = execution.next()
    if (this.#decided !== process) return false
    if (this.#make(process)) return true
    this.#decided = execution.next()
    if (this.#decided !== process) return false
    // A sleep whose limit runs out at once.
    this.#results[process] = execution.perform(process)
    return true
  }

  /** Nothing to announce: the value is there already. */
  pass(value: unknown): true {
    this.#readings[this.#current] = () => value
    return true
  }

  /** What the step returned that the running thread has just made. */
  read(): unknown {
    const process = this.#current
    const reading = this.#readings[process]
    return reading === undefined ? this.#results[process] : reading(this.#results[process])
  }

  spawn(body: Body, name: string | undefined, reading: Reading): boolean {
    this.#born[this.#current] = child => {
      this.#bodies[child] = body
      this.#names[child] = name
      this.#execution.doom(this.#current, child)
    }
    return this.begin(SPAWN, 0, I32, 0, 0, reading)
  }

  beginWatch(at: number, cell: number, expected: Value, ms: number, woken: (how: 'ok' | 'timed-out') => void): boolean {
    this.#born[this.#current] = watcher => {
      this.#bodies[watcher] = how => void woken(HOW[how as 0 | 1 | 2] as 'ok' | 'timed-out')
    }
    return this.begin(WAIT_ASYNC, at, cell, expected, ms)
  }

  join(thread: number, reading: Reading): boolean {
    return this.begin(JOIN, 0, I32, thread, 0, reading)
  }

  /** What a thread that was joined has returned; throws what it threw. */
  joined(thread: number): unknown {
    if (this.#execution.threw(thread)) throw this.#execution.thrown[thread]
    return this.#returned[thread]
  }

  step(): never {
    throw new ModelError(
      'option',
      'A step was made in a function that is not transformed. Transform it too, or run the model without generators.',
    )
  }

  watch(): never {
    return this.step()
  }

  plainGet(at: number, cell: number): Value {
    const execution = this.#execution
    check(execution, at, cell)
    const value = execution.memory.read(at, cell)
    execution.recorder?.plain(execution, this.#current, at, cell, false, value)
    execution.plain(this.#current, at, BYTES[cell], false)
    return value
  }

  plainSet(at: number, value: Value, cell: number): void {
    const execution = this.#execution
    check(execution, at, cell)
    execution.recorder?.plain(execution, this.#current, at, cell, true, value)
    if (execution.plain(this.#current, at, BYTES[cell], true)) execution.memory.write(at, cell, value)
  }

  allocate(bytes: number): number {
    return this.#execution.allocate(this.#current, bytes)
  }

  choose(n: number): number {
    return this.#execution.choose(this.#current, n)
  }
}

let host: Generators | undefined

/** The generators that run now, for the code that the transform writes. */
export function generators(): Generators {
  return host ?? outside()
}

function setHost(generators: Generators | undefined): void {
  host = generators
}

function outside(): never {
  throw new ModelError('outside', 'Transformed code runs, but no model does. Call it inside model().')
}

function check(execution: Execution, at: number, cell: number): void {
  const bytes = BYTES[cell]
  if (!(at >= 0) || at % bytes !== 0) {
    throw new ModelError('option', `Address ${at} is not one of a cell of ${bytes} bytes. Align it.`)
  }
  execution.reach(at + bytes)
}
