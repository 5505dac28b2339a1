/**
 * The interface between the model checker and the code that runs inside a model.
 *
 * Code under test (the library, or raw `Atomics` code through the views in `raw.ts`) makes its accesses through the
 * `World` of the running execution. It must keep no JavaScript state per thread except in `threadState()`, because a
 * thread's body may run from its beginning many times in one execution.
 */
import { ModelError } from '../engine/error.ts'

/** The type of a cell: the number of bytes of an access, and their interpretation. */
export type Cell = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64' | 'i64' | 'u64'

/** The value of a cell: a bigint for 64-bit integers, a number for all others. */
export type CellValue<C extends Cell> = C extends 'i64' | 'u64' ? bigint : number

/**
 * The operations of a simulated thread. Addresses are in bytes and must be aligned to their cell.
 *
 * An atomic access, `notify`, `wait`, `spawn`, `join` and `pause` are one step each: before it the strategy may switch
 * to another thread. Plain accesses are not steps. Two of them without happens-before between them are reported as a
 * data race.
 */
export interface World {
  load<C extends Cell>(at: number, cell: C): CellValue<C>
  store<C extends Cell>(at: number, value: CellValue<C>, cell: C): void
  /** Returns the previous value, as all of the following do. */
  swap<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  cas<C extends Cell>(at: number, expected: CellValue<C>, value: CellValue<C>, cell: C): CellValue<C>
  add<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  sub<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  and<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  or<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  xor<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>

  /** Wakes up to `count` threads that wait on this address, in FIFO order. Returns their number. */
  notify(at: number, count: number): number
  /** Blocks this thread until it is notified, if the i32 at the address is `expected`. `Infinity` never times out. */
  wait(at: number, expected: number, ms: number): 'ok' | 'not-equal' | 'timed-out'
  /**
   * Waits without blocking. Returns false if the i32 is not `expected`. After a notify or a timeout, `woken` runs as a
   * simulated thread that the notify happens before.
   */
  waitAsync(at: number, expected: number, ms: number, woken: (how: 'ok' | 'timed-out') => void): boolean

  /** Reads a cell by a plain access. */
  get<C extends Cell>(at: number, cell: C): CellValue<C>
  /** Writes a cell by a plain access. */
  set<C extends Cell>(at: number, value: CellValue<C>, cell: C): void
  /** Copies a range of bytes by plain accesses; the ranges may overlap. */
  copy(to: number, from: number, length: number): void
  /** Fills a range with one byte by plain accesses. */
  fill(at: number, value: number, length: number): void
  /** Reads a range of bytes by plain accesses. The caller must not write to the result. */
  bytes(at: number, length: number): Uint8Array
  /** Writes a range of bytes by plain accesses. */
  setBytes(at: number, bytes: Uint8Array): void

  /** A spin hint: this thread does not run again before another one has written bytes that it has read. */
  pause(): void
  /** Returns the virtual time since the execution began, in milliseconds. */
  now(): number
  /** Starts a simulated thread and returns its id. */
  spawn(body: () => void, name?: string): number
  /** Waits for the end of a thread. Throws the error that the thread threw. */
  join(thread: number): void
  /** Registers code that runs as a simulated thread after a thread was killed. */
  onDeath(run: (thread: number) => void): void
  /** The id of the running thread. 0 is the main thread. */
  readonly self: number
  /** Returns a number below `n`. The model explores every one of them. */
  choose(n: number): number
  /** Queues a completion for the event loop, if thread 0 is one. */
  readonly postCompletion?: (run: () => void) => void
  /** Must be called by every `catch`. Continues the unwinding if the caught error belongs to it. */
  rethrowUnwind(): void
}

let running: World | undefined
let states: () => Record<string, unknown> = outside

/** Returns the world of the running execution. Throws a `ModelError` outside of a model. */
export function world(): World {
  return running ?? outside()
}

/** Returns true while a model runs. */
export function inModel(): boolean {
  return running !== undefined
}

let resumed = (): void => {}

/**
 * Calls `f` whenever a thread continues after others may have run. Code of the thread that runs later sees its effects.
 */
export function onResume(f: () => void): void {
  resumed = f
}

/** @internal */
export function notifyResumed(): void {
  resumed()
}

/** The state of the running simulated thread. It is empty whenever the thread's body begins or begins again. */
export function threadState(): Record<string, unknown> {
  return states()
}

/** @internal Makes this world the running one until `uninstallWorld`. */
export function installWorld(world: World, stateOfThread: () => Record<string, unknown>): void {
  if (running !== undefined) {
    throw new ModelError('nested', 'A model was started inside a model. Run one after the other.')
  }
  running = world
  states = stateOfThread
}

/** @internal */
export function uninstallWorld(): void {
  running = undefined
  states = outside
}

function outside(): never {
  throw new ModelError('outside', 'Simulated memory was used outside of a model. Call this code inside `model()`.')
}
