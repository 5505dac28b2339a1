/**
 * A driver for untransformed code: it runs threads nested on one stack, and replays them from logs.
 *
 * To switch to a thread that is not on the stack, the driver calls its body from the step of the running thread. To
 * switch to one further down, it throws through the frames above. An unwound thread later runs again from its
 * beginning. The driver then answers its steps from its log, until the thread is back at its next step. So a body may
 * run many times in one execution, and must keep no state outside of the simulation.
 *
 * A body cannot stop the unwinding: if it catches the error, its next step throws again, and its return value is
 * ignored.
 */
import { describe } from '../../describe.ts'
import { CODE, I32, type Value } from '../engine/cell.ts'
import { ModelError, notDeterministic } from '../engine/error.ts'
import type { Execution } from '../engine/execution.ts'
import { MAX_PROCESSES } from '../engine/events.ts'
import {
  ADD,
  AND,
  CAS,
  END,
  WAIT_RESULTS,
  JOIN,
  LOAD,
  NOTIFY,
  OK,
  OR,
  PAUSE,
  SPAWN,
  STORE,
  SUB,
  SWAP,
  WAIT,
  WAIT_ASYNC,
  WAKE,
  XOR,
} from '../engine/ops.ts'
import { DEATH, REAPER, WATCHER } from '../engine/processes.ts'
import { installWorld, uninstallWorld, notifyResumed, type Cell, type CellValue, type World } from './world.ts'

/** Thrown through the frames of threads to get below them on the stack. */
const UNWIND = { toString: () => 'the model checker unwinds this thread: do not catch this' }
/** The loop below all threads. */
const BASE = -1
const NONE = -1

export class ReplayDriver implements World {
  protected readonly execution: Execution
  readonly #main: () => void
  #current = 0
  /** The process of the next step, if it has already been picked. */
  #decided = NONE
  #unwinding = false
  readonly #bodies: ((how: number) => void)[] = []
  readonly #names: (string | undefined)[] = []
  readonly #onStack = new Uint8Array(MAX_PROCESSES + 1)
  readonly #started = new Uint8Array(MAX_PROCESSES + 1)
  /** 1 if the body reached its next step before and was unwound there. */
  readonly #stopped = new Uint8Array(MAX_PROCESSES + 1)
  readonly #how = new Uint8Array(MAX_PROCESSES + 1)
  readonly #logs: (Value | Uint8Array)[][] = Array.from({ length: MAX_PROCESSES + 1 }, () => [])
  readonly #length = new Int32Array(MAX_PROCESSES + 1)
  readonly #cursor = new Int32Array(MAX_PROCESSES + 1)
  readonly #states: (Record<string, unknown> | undefined)[] = []
  #reaper: ((thread: number) => void) | undefined

  constructor(execution: Execution, main: () => void) {
    this.execution = execution
    this.#main = main
  }

  /** Runs one execution to its end. */
  run(): void | Promise<void> {
    this.reset()
    this.#bodies[0] = this.#main
    installWorld(this, this.stateOfThread)
    try {
      this.#drive(BASE)
    } finally {
      uninstallWorld()
    }
  }

  protected reset(): void {
    this.#onStack.fill(0)
    this.#started.fill(0)
    this.#stopped.fill(0)
    this.#length.fill(0)
    this.#cursor.fill(0)
    this.#current = 0
    this.#decided = NONE
    this.#unwinding = false
    this.#reaper = undefined
  }

  protected readonly stateOfThread = (): Record<string, unknown> => (this.#states[this.#current] ??= {})

  /** Begins a main thread whose code the host runs. It is at the bottom of the stack that makes its steps. */
  protected beginMain(): void {
    this.execution.makeStep(this.execution.nextProcess())
    this.#started[0] = 1
    this.#onStack[0] = 1
    this.#states[0] = undefined
  }

  /** Ends the main thread, and runs the other threads to their ends. */
  protected endMain(threw: boolean, error: unknown): void {
    this.#onStack[0] = 0
    this.execution.finish(0, threw, error)
    this.#drive(BASE)
  }

  /** True while the running thread is replayed from its log. */
  protected get replaying(): boolean {
    return this.#cursor[this.#current] < this.#length[this.#current]
  }

  protected get isUnwinding(): boolean {
    return this.#unwinding
  }

  /** Returns the name that the program gave the thread. */
  name(process: number): string | undefined {
    return this.#names[process]
  }

  /** Runs other processes until `host`, in whose frame this is called, must run. */
  #drive(host: number): void {
    const execution = this.execution
    for (;;) {
      if (this.#unwinding) {
        if (host !== this.#decided && host !== BASE) throw UNWIND
        this.#unwinding = false
      }
      let process = this.#decided
      if (process === NONE) {
        process = execution.nextProcess()
        if (process < 0) {
          if (host === BASE) return
          this.#unwinding = true
          throw UNWIND
        }
      }
      if (process === host) {
        this.#decided = NONE
        return
      }
      if (execution.processes.role[process] === DEATH) {
        execution.makeStep(process)
        this.#decided = NONE
      } else {
        this.#decided = process
        if (this.#onStack[process] === 1) {
          this.#unwinding = true
          throw UNWIND
        }
        this.#run(process)
      }
    }
  }

  /** Runs a thread's body on top of the stack until the body ends or is unwound. */
  #run(process: number): void {
    const execution = this.execution
    if (this.#started[process] === 0) {
      this.#started[process] = 1
      const watches = execution.processes.role[process] === WATCHER
      const result = execution.makeStep(process)
      this.#how[process] = watches ? (result as number) : OK
      this.#decided = NONE
    }
    const below = this.#current
    this.#current = process
    this.#onStack[process] = 1
    this.#cursor[process] = 0
    this.#states[process] = undefined
    let threw = false
    let error: unknown
    try {
      this.#bodyOf(process)(this.#how[process])
      if (execution.mayDie(process)) this.step(END, 0, I32, 0, 0)
    } catch (e) {
      threw = true
      error = e
    }
    this.#current = below
    this.#onStack[process] = 0
    if (this.#unwinding) this.#stopped[process] = 1
    else execution.finish(process, threw, error)
  }

  #bodyOf(process: number): (how: number) => void {
    const reaper = this.#reaper
    const { role, victim } = this.execution.processes
    if (role[process] === REAPER && reaper !== undefined) return () => reaper(victim[process])
    return this.#bodies[process]
  }

  /** Makes one step of the running thread, and returns its result. */
  step(kind: number, at: number, cell: number, a: Value, b: Value): Value {
    if (this.#unwinding) throw UNWIND
    const process = this.#current
    const n = this.#cursor[process]++
    if (n < this.#length[process]) return this.#logs[process][n] as Value
    const execution = this.execution
    let result: Value = OK
    let asleep = false
    if (this.#stopped[process] === 1) {
      this.#stopped[process] = 0
      const pending = execution.kind[process]
      asleep = pending === WAKE
      if (!asleep && (pending !== kind || execution.at[process] !== at)) throw notDeterministic()
    } else {
      if (kind <= WAIT_ASYNC) execution.checkCell(at, cell)
      execution.announce(process, kind, at, cell, a, b)
    }
    if (!asleep) {
      this.#drive(process)
      result = execution.makeStep(process)
      asleep = kind === WAIT && result === OK
    }
    if (asleep) {
      this.#drive(process)
      result = execution.makeStep(process)
    }
    this.#log(process, result)
    notifyResumed()
    return result
  }

  #log<T extends Value | Uint8Array>(process: number, result: T): T {
    this.#logs[process][this.#length[process]++] = result
    return result
  }

  /** Returns true if the running thread is replayed. Advances its log by one entry. */
  #replays(): boolean {
    if (this.#unwinding) throw UNWIND
    const process = this.#current
    return this.#cursor[process]++ < this.#length[process]
  }

  #logged(): Value | Uint8Array {
    return this.#logs[this.#current][this.#cursor[this.#current] - 1]
  }

  #abort(): never {
    this.#unwinding = true
    this.#decided = NONE
    throw UNWIND
  }

  /** Logs the result of a plain access, or unwinds if the access has ended the execution. */
  #happened<T extends Value | Uint8Array>(value: T): T {
    if (this.execution.over !== undefined) this.#abort()
    return this.#log(this.#current, value)
  }

  plainGet(at: number, cell: number): Value {
    if (this.#replays()) return this.#logged() as Value
    this.execution.checkCell(at, cell)
    return this.#happened(this.execution.plain.get(this.#current, at, cell))
  }

  plainSet(at: number, value: Value, cell: number): void {
    if (this.#replays()) return
    this.execution.checkCell(at, cell)
    this.execution.plain.set(this.#current, at, value, cell)
    this.#happened(0)
  }

  load<C extends Cell>(at: number, cell: C): CellValue<C> {
    return this.step(LOAD, at, CODE[cell], 0, 0) as CellValue<C>
  }
  store<C extends Cell>(at: number, value: CellValue<C>, cell: C): void {
    this.step(STORE, at, CODE[cell], value, 0)
  }
  swap<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C> {
    return this.step(SWAP, at, CODE[cell], value, 0) as CellValue<C>
  }
  cas<C extends Cell>(at: number, expected: CellValue<C>, value: CellValue<C>, cell: C): CellValue<C> {
    return this.step(CAS, at, CODE[cell], expected, value) as CellValue<C>
  }
  add<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C> {
    return this.step(ADD, at, CODE[cell], value, 0) as CellValue<C>
  }
  sub<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C> {
    return this.step(SUB, at, CODE[cell], value, 0) as CellValue<C>
  }
  and<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C> {
    return this.step(AND, at, CODE[cell], value, 0) as CellValue<C>
  }
  or<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C> {
    return this.step(OR, at, CODE[cell], value, 0) as CellValue<C>
  }
  xor<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C> {
    return this.step(XOR, at, CODE[cell], value, 0) as CellValue<C>
  }

  notify(at: number, count: number): number {
    return this.step(NOTIFY, at, I32, count, 0) as number
  }
  wait(at: number, expected: number, ms: number): 'ok' | 'not-equal' | 'timed-out' {
    return WAIT_RESULTS[this.step(WAIT, at, I32, expected, ms) as 0 | 1 | 2]
  }
  waitAsync(at: number, expected: number, ms: number, woken: (how: 'ok' | 'timed-out') => void): boolean {
    return this.watch(at, I32, expected, ms, woken)
  }
  /** Does the same as `waitAsync` for any type of cell that can be waited on. */
  watch(at: number, cell: number, expected: Value, ms: number, woken: (how: 'ok' | 'timed-out') => void): boolean {
    const known = this.replaying
    if (this.step(WAIT_ASYNC, at, cell, expected, ms) !== OK) return false
    if (!known) {
      this.#bodies[this.execution.youngest] = how => woken(WAIT_RESULTS[how as 0 | 1 | 2] as 'ok' | 'timed-out')
    }
    return true
  }

  get<C extends Cell>(at: number, cell: C): CellValue<C> {
    return this.plainGet(at, CODE[cell]) as CellValue<C>
  }
  set<C extends Cell>(at: number, value: CellValue<C>, cell: C): void {
    this.plainSet(at, value, CODE[cell])
  }
  copy(to: number, from: number, length: number): void {
    if (this.#replays()) return
    this.execution.plain.copy(this.#current, to, from, length)
    this.#happened(0)
  }
  fill(at: number, value: number, length: number): void {
    if (this.#replays()) return
    this.execution.plain.fill(this.#current, at, value, length)
    this.#happened(0)
  }
  bytes(at: number, length: number): Uint8Array {
    if (this.#replays()) return this.#logged() as Uint8Array
    return this.#happened(this.execution.plain.bytes(this.#current, at, length))
  }
  setBytes(at: number, bytes: Uint8Array): void {
    if (this.#replays()) return
    this.execution.plain.setBytes(this.#current, at, bytes)
    this.#happened(0)
  }

  /**
   * Allocates a buffer of a raw program. A thread's n-th allocation of a size has the same address in every execution.
   */
  allocate(bytes: number): number {
    if (this.#replays()) return this.#logged() as number
    return this.#log(this.#current, this.execution.allocate(this.#current, bytes)) as number
  }

  pause(): void {
    this.step(PAUSE, 0, I32, 0, 0)
  }
  now(): number {
    if (this.#replays()) return this.#logged() as number
    return this.#log(this.#current, this.execution.timeOf(this.#current)) as number
  }
  spawn(body: () => void, name?: string): number {
    const known = this.replaying
    const child = this.step(SPAWN, 0, I32, 0, 0) as number
    if (!known) {
      this.#bodies[child] = body
      this.#names[child] = name
      this.#length[child] = 0
      this.execution.decideDeath(this.#current, child)
    }
    return child
  }
  join(thread: number): void {
    if (!(thread >= 0 && thread < this.execution.width && thread !== this.#current)) {
      throw new ModelError(
        'option',
        `\`join\` expects a thread id that \`spawn\` returned, got ${describe(thread)}. Pass such an id.`,
      )
    }
    this.step(JOIN, 0, I32, thread, 0)
    if (this.execution.threw(thread)) throw this.execution.thrown[thread]
  }
  onDeath(run: (thread: number) => void): void {
    if (this.#unwinding) throw UNWIND
    this.#reaper = run
    this.execution.reaped = true
  }
  rethrowUnwind(): void {
    if (this.#unwinding) throw UNWIND
  }
  get self(): number {
    return this.#current
  }
  choose(n: number): number {
    if (!(Number.isInteger(n) && n > 0)) {
      throw new ModelError(
        'option',
        `\`choose\` expects a whole number of at least 1, got ${describe(n)}. Pass such a number.`,
      )
    }
    if (this.#replays()) return this.#logged() as number
    return this.#log(this.#current, this.execution.choose(this.#current, n)) as number
  }
}
