/**
 * A driver for transformed code: each thread is a generator that yields only if another thread must run.
 *
 * A step is written `($.load(array, 0) || (yield), $.x())`. `$.load` announces the step, and makes it at once if the
 * strategy continues with the same thread. Otherwise the thread yields, and the loop here runs the other process. The
 * loop makes the pending step before it resumes the thread. No frame is unwound, and no code runs twice.
 *
 * A call of a transformed function is written `($.call(f(x)) || (yield), $.x())`. The callee runs on the caller's stack
 * until it must yield. Then every frame yields, and the loop later resumes the innermost frame directly.
 */
import { I32, type Value } from '../engine/cell.ts'
import { ModelError } from '../engine/error.ts'
import type { Execution } from '../engine/execution.ts'
import { MAX_PROCESSES } from '../engine/events.ts'
import { END, WAIT_RESULTS, JOIN, OK, SPAWN, WAIT, WAIT_ASYNC } from '../engine/ops.ts'
import { DEATH, REAPER } from '../engine/processes.ts'
import type { RawHost } from './raw.ts'

/** The body of a thread: a generator function, or a function that makes no step. */
export type ThreadBody = () => Frame | undefined

/** The activation of a generator function of a thread. */
export type Frame = Generator<void, unknown, void>

/** Converts the result of a step to the value that the program sees. */
export type ResultConversion = (result: Value) => unknown

/**
 * `next` and `throw` of generators, looked up once.
 *
 * Every generator function has its own prototype, and the program's functions are created anew in every execution. So a
 * look-up of `next` on a frame would miss every inline cache: 1.4x without the look-up.
 */
const { next: resume, throw: raise } = Object.getPrototypeOf(function* () {}).prototype as {
  next(this: Frame): IteratorResult<void, unknown>
  throw(this: Frame, error: unknown): IteratorResult<void, unknown>
}

/** Thrown to end the code of an execution that is over. */
const STOP = { toString: () => 'the model checker ends this execution: do not catch this' }
const NONE = -1

export class GeneratorDriver implements RawHost {
  readonly #execution: Execution
  readonly #main: ThreadBody
  #current = 0
  #decided = NONE
  /** The frames of each suspended thread, the innermost on top, and their number. */
  readonly #frames: Frame[][] = []
  readonly #heights = new Uint32Array(MAX_PROCESSES + 1)
  /** The frames that are yielding now, the innermost first, and their number. */
  readonly #yielded: Frame[] = []
  #yielding = 0
  readonly #bodies: ThreadBody[] = []
  /** The result of the sleep after which the running thread begins. */
  #how = OK
  readonly #names: (string | undefined)[] = []
  readonly #born: ((process: number) => void)[] = []
  readonly #results: unknown[] = [undefined]
  #reaper: ((thread: number) => Frame | undefined) | undefined
  readonly #readings: (ResultConversion | undefined)[] = [undefined]
  /** The processes that have begun to run. */
  #started = 0
  readonly #returned: unknown[] = []

  constructor(execution: Execution, main: ThreadBody) {
    this.#execution = execution
    this.#main = main
  }

  run(): void {
    const execution = this.#execution
    this.#started = 0
    for (let process = 0; process < execution.width; process++) this.#heights[process] = 0
    this.#yielding = 0
    this.#bodies[0] = this.#main
    setHost(this)
    try {
      this.#decided = execution.nextProcess()
      while (this.#decided >= 0) this.#turn(this.#decided)
    } finally {
      setHost(undefined)
    }
  }

  name(process: number): string | undefined {
    return this.#names[process]
  }

  /** Makes the step of the process, and runs its code until another process must run. */
  #turn(process: number): void {
    const execution = this.#execution
    if (execution.processes.role[process] === DEATH) {
      execution.makeStep(process)
      this.#decided = execution.nextProcess()
      return
    }
    this.#current = process
    if (((this.#started >> process) & 1) === 0) {
      this.#started |= 1 << process
      this.#how = execution.makeStep(process) as number
      this.#resume(process)
    } else if (execution.kind[process] === END) {
      execution.makeStep(process)
      execution.finish(process, false, undefined)
      this.#decided = execution.nextProcess()
    } else if (this.#make(process)) this.#resume(process)
    else this.#decided = execution.nextProcess()
  }

  /** Makes the announced step. Returns false if the thread is asleep now. */
  #make(process: number): boolean {
    const execution = this.#execution
    const kind = execution.kind[process]
    const result = execution.makeStep(process)
    if (kind === WAIT && result === OK) return false
    if (kind === SPAWN || (kind === WAIT_ASYNC && result === OK)) {
      this.#born[process](kind === SPAWN ? (result as number) : execution.youngest)
    }
    this.#results[process] = result
    return true
  }

  /** Continues the thread's code at its innermost frame until it yields or ends. */
  #resume(process: number): void {
    try {
      let frame = this.#pop(process) ?? this.#bodyOf(process)()
      if (frame === undefined) return this.#end(process, undefined)
      let { done, value } = resume.call(frame)
      while (done === true) {
        const caller = this.#pop(process)
        if (caller === undefined) return this.#end(process, value)
        frame = caller
        this.pass(value)
        ;({ done, value } = resume.call(frame))
      }
      this.#keep(process, frame)
    } catch (error) {
      this.#throw(process, error)
    }
  }

  /** Removes and returns the thread's innermost frame, or undefined if there is none. */
  #pop(process: number): Frame | undefined {
    const height = this.#heights[process]
    if (height === 0) return undefined
    this.#heights[process] = height - 1
    return this.#frames[process][height - 1]
  }

  #bodyOf(process: number): ThreadBody {
    const reaper = this.#reaper
    const { role, victim } = this.#execution.processes
    if (role[process] === REAPER && reaper !== undefined) return () => reaper(victim[process])
    return this.#bodies[process]
  }

  /** Throws an error of a frame in its callers, one after the other, until one catches it. */
  #throw(process: number, error: unknown): void {
    const caller = this.#pop(process)
    if (caller === undefined) {
      this.#execution.finish(process, true, error)
      this.#decided = this.#execution.nextProcess()
      return
    }
    try {
      const { done, value } = raise.call(caller, error)
      if (done !== true) return this.#keep(process, caller)
      this.pass(value)
    } catch (next) {
      return this.#throw(process, next)
    }
    if (this.#heights[process] > 0) return this.#resume(process)
    this.#end(process, this.#results[process])
  }

  /** Saves the frames that have just yielded, the innermost on top. */
  #keep(process: number, outermost: Frame): void {
    const frames = (this.#frames[process] ??= [])
    let height = this.#heights[process]
    frames[height++] = outermost
    while (this.#yielding > 0) frames[height++] = this.#yielded[--this.#yielding]
    this.#heights[process] = height
  }

  /** Runs a function that the running thread calls. Returns true if it has returned, false if the caller must yield. */
  call(frame: Frame): boolean {
    const { done, value } = resume.call(frame)
    if (done === true) return this.pass(value)
    this.#yielded[this.#yielding++] = frame
    return false
  }

  #end(process: number, returned: unknown): void {
    const execution = this.#execution
    this.#returned[process] = returned
    if (execution.mayDie(process)) execution.announce(process, END, 0, I32, 0, 0)
    else execution.finish(process, false, undefined)
    this.#decided = execution.nextProcess()
  }

  /** Announces a step of the running thread. Returns true if the step was made, false if the thread must yield. */
  begin(kind: number, at: number, cell: number, a: Value, b: Value, reading?: ResultConversion): boolean {
    const execution = this.#execution
    const process = this.#current
    this.#readings[process] = reading
    if (kind <= WAIT_ASYNC) execution.checkCell(at, cell)
    execution.announce(process, kind, at, cell, a, b)
    this.#decided = execution.nextProcess()
    if (this.#decided !== process) return false
    if (this.#make(process)) return true
    this.#decided = execution.nextProcess()
    if (this.#decided !== process) return false
    // A sleep whose timeout expires at once.
    this.#results[process] = execution.makeStep(process)
    return true
  }

  /** Sets the result of an operation that is not a step. */
  pass(value: unknown): true {
    this.#results[this.#current] = value
    this.#readings[this.#current] = undefined
    return true
  }

  /** Returns the result of the last step of the running thread. */
  read(): unknown {
    const process = this.#current
    const reading = this.#readings[process]
    return reading === undefined ? this.#results[process] : reading(this.#results[process] as Value)
  }

  spawn(body: ThreadBody, name: string | undefined, reading: ResultConversion): boolean {
    this.#born[this.#current] = child => {
      this.#bodies[child] = body
      this.#returned[child] = undefined
      this.#names[child] = name
      this.#execution.decideDeath(this.#current, child)
    }
    return this.begin(SPAWN, 0, I32, 0, 0, reading)
  }

  beginWatch(at: number, cell: number, expected: Value, ms: number, woken: (how: 'ok' | 'timed-out') => void): boolean {
    this.#born[this.#current] = watcher => {
      this.#bodies[watcher] = () => void woken(WAIT_RESULTS[this.#how as 0 | 1 | 2] as 'ok' | 'timed-out')
    }
    return this.begin(WAIT_ASYNC, at, cell, expected, ms)
  }

  /** Registers the code that runs as a simulated thread after a thread was killed. */
  onDeath(run: (thread: number) => Frame | undefined): void {
    this.#reaper = run
    this.#execution.reaped = true
  }

  join(thread: number, reading: ResultConversion): boolean {
    return this.begin(JOIN, 0, I32, thread, 0, reading)
  }

  /** Returns the return value of a joined thread, or throws its error. */
  joined(thread: number): unknown {
    if (this.#execution.threw(thread)) throw this.#execution.thrown[thread]
    return this.#returned[thread]
  }

  step(): never {
    throw new ModelError(
      'option',
      'A step was made in a function that was not transformed. Transform it too, or run the model without generators.',
    )
  }

  watch(): never {
    return this.step()
  }

  plainGet(at: number, cell: number): Value {
    const execution = this.#execution
    execution.checkCell(at, cell)
    const value = execution.plain.get(this.#current, at, cell)
    if (execution.over !== undefined) throw STOP
    return value
  }

  plainSet(at: number, value: Value, cell: number): void {
    const execution = this.#execution
    execution.checkCell(at, cell)
    execution.plain.set(this.#current, at, value, cell)
    if (execution.over !== undefined) throw STOP
  }

  allocate(bytes: number): number {
    return this.#execution.allocate(this.#current, bytes)
  }

  choose(n: number): number {
    return this.#execution.choose(this.#current, n)
  }
}

let host: GeneratorDriver | undefined

/** The running driver, for the code that the transform emits. */
export function generators(): GeneratorDriver {
  return host ?? outside()
}

function setHost(generators: GeneratorDriver | undefined): void {
  host = generators
}

function outside(): never {
  throw new ModelError('outside', 'Transformed code ran outside of a model. Call it inside `model()`.')
}
