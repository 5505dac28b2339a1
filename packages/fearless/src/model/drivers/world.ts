/**
 * The seam: what code sees of the model checker while it runs inside a model.
 *
 * Whoever wants to be explored (the library, or raw `Atomics` code through the views in `raw.ts`) makes its accesses
 * through the `World` of the execution that runs now, and holds no JavaScript state of its own per thread except in
 * `threadState()`: a thread's body may run from its beginning many times within one execution.
 */
import { ModelError } from '../engine/error.ts'

/** A cell's type: how many bytes an access covers and how they are read. */
export type Cell = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64' | 'i64' | 'u64'

/** What a cell holds: 64-bit integers are bigints, everything else a number. */
export type CellValue<C extends Cell> = C extends 'i64' | 'u64' ? bigint : number

/**
 * What one simulated thread can do. Addresses are bytes and aligned to their cell.
 *
 * An atomic access, `notify`, `wait`, `spawn`, `join` and `pause` is one step: before it the scheduler may run other
 * threads. Plain accesses are none; two of them that nothing orders are reported as a data race.
 */
export interface World {
  load<C extends Cell>(at: number, cell: C): CellValue<C>
  store<C extends Cell>(at: number, value: CellValue<C>, cell: C): void
  /** Returns what was there, as all of the following do. */
  swap<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  cas<C extends Cell>(at: number, expected: CellValue<C>, value: CellValue<C>, cell: C): CellValue<C>
  add<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  sub<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  and<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  or<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>
  xor<C extends Cell>(at: number, value: CellValue<C>, cell: C): CellValue<C>

  /** Wakes up to `count` of those who wait on this address, first come first served; returns how many. */
  notify(at: number, count: number): number
  /** Blocks this thread until it is notified, if the i32 at the address is `expected`. `Infinity` never times out. */
  wait(at: number, expected: number, ms: number): 'ok' | 'not-equal' | 'timed-out'
  /**
   * Waits without blocking: false if the i32 is not `expected`. When it is notified or times out, `woken` runs as a
   * simulated thread of its own, after what the notifier did.
   */
  waitAsync(at: number, expected: number, ms: number, woken: (how: 'ok' | 'timed-out') => void): boolean

  /** A plain read. */
  get<C extends Cell>(at: number, cell: C): CellValue<C>
  /** A plain write. */
  set<C extends Cell>(at: number, value: CellValue<C>, cell: C): void
  /** Copies a range of bytes by plain accesses; the ranges may overlap. */
  copy(to: number, from: number, length: number): void
  /** Fills a range with one byte by plain accesses. */
  fill(at: number, value: number, length: number): void
  /** Reads a range of bytes by plain accesses; not to be written to. */
  bytes(at: number, length: number): Uint8Array
  /** Writes a range of bytes by plain accesses. */
  setBytes(at: number, bytes: Uint8Array): void

  /** A spin hint: this thread is not run again before another one has written something that it has read. */
  pause(): void
  /** Virtual milliseconds since the execution began. */
  now(): number
  /** Starts a simulated thread; returns its id. */
  spawn(body: () => void, name?: string): number
  /** Waits for the end of a thread; what it threw is rethrown. */
  join(thread: number): void
  /** Registers what runs, as a simulated thread of its own, after a thread was killed. */
  onDeath(run: (thread: number) => void): void
  /** The running thread's id; 0 is the model's own. */
  readonly self: number
  /** A number below `n`: every one of them is explored. */
  choose(n: number): number
  /** Makes something ready for the event loop that thread 0 is, if it is one. */
  readonly post?: (run: () => void) => void
  /** To be called by whoever has caught something: goes on unwinding, if that is what it was. */
  caught(): void
}

let running: World | undefined
let states: () => Record<string, unknown> = outside

/** The execution that runs now. Throws a `ModelError` outside of a model. */
export function world(): World {
  return running ?? outside()
}

/** Whether a model runs now. */
export function inModel(): boolean {
  return running !== undefined
}

let resumed = (): void => {}

/** Calls `f` when a thread goes on after others may have run: whatever it does then finds it. */
export function onResume(f: () => void): void {
  resumed = f
}

/** @internal */
export function resume(): void {
  resumed()
}

/** A slot for what belongs to the running simulated thread; emptied whenever the thread's body begins again. */
export function threadState(): Record<string, unknown> {
  return states()
}

/** @internal This world is the one that runs, until `leave`. */
export function enter(world: World, stateOfThread: () => Record<string, unknown>): void {
  if (running !== undefined) {
    throw new ModelError('nested', 'A model was started while one runs. Run one after the other.')
  }
  running = world
  states = stateOfThread
}

/** @internal */
export function leave(): void {
  running = undefined
  states = outside
}

function outside(): never {
  throw new ModelError(
    'outside',
    'This code reaches for the simulated world, but no model runs. Call it inside model().',
  )
}
