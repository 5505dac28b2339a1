/**
 * The events of one execution, one per step, with a vector clock for each of two partial orders.
 *
 * `order` is the order of the search. It orders every two dependent steps as they ran, so executions with the same
 * `order` are equivalent. `sync` is happens-before of the memory model: a read comes after the write of the same bytes
 * that it reads from, and a wake-up comes after its notify. `sync` tells which plain accesses race.
 *
 * The entry of process p in a clock of `order` is 1 + the last event of p that comes before the event. So event e of p
 * comes before f if `order[f][p] > e`. Entries of `sync` are doubled: 2 * (e + 1) stands for event e, and the next odd
 * number for everything that p does after e without a step.
 *
 * Events before `fresh` belong to the prefix that this execution shares with the previous one. They are kept.
 */
import { CHOOSE, QUEUE, READS, WRITES, WROTE, areDependent } from './ops.ts'
import { doubled } from '../search/tree.ts'

/** The largest number of processes (threads, deaths) of a model. A set of processes is a number, one bit each. */
export const MAX_PROCESSES = 31
/** log2 of the length of a clock. */
const ROW = 5
/** The slot of an event that touches no memory. */
const NOWHERE = -1
/** The initial capacity, in events. */
const FIRST = 128

export class Events {
  /** The number of events so far. */
  length = 0
  /** The number of processes that have a number. */
  width = 1
  process = new Uint8Array(FIRST)
  kind = new Uint8Array(FIRST)
  touches = new Uint8Array(FIRST)
  mask = new Uint8Array(FIRST)
  slot = new Int32Array(FIRST)
  at = new Int32Array(FIRST)
  /**
   * CHOOSE: the chosen value. NOTIFY: the set of processes that were woken. PAUSE: 1 if the pause ended only because no
   * other step was possible.
   */
  chosen = new Int32Array(FIRST)
  /** The previous event of the process, or -1. */
  previousOfProcess = new Int32Array(FIRST)
  /** The previous event on the slot, or -1. */
  previousOnSlot = new Int32Array(FIRST)
  order = new Int32Array(FIRST << ROW)
  sync = new Int32Array(FIRST << ROW)
  /** The last event of each process, or -1. */
  readonly last = new Int32Array(MAX_PROCESSES + 1).fill(-1)
  /** 1 + the last event on each slot. */
  #newest = new Int32Array(64)
  /**
   * True if accesses of different width touch common bytes anywhere.
   *
   * While this is false, a failed compareExchange counts as a read: every step that could let it succeed depends on
   * every step that depends on it. A write to half of its bytes might not. So if this is true, a failed compareExchange
   * counts as a write. A search that sets this flag has counted such steps as reads until then, and starts over.
   */
  mixed = false
  startOver = false
  /** The events that race with the newest one: it depends on them, and no other event orders the two. */
  readonly races: number[] = []
  /** The number of valid entries in `races`. The rest are left from earlier events. */
  raceCount = 0

  /** Begins a new execution whose first `fresh` events are those of the previous one. */
  beginExecution(length: number, fresh: number): void {
    for (let e = length - 1; e >= fresh; e--) {
      const slot = this.slot[e]
      if (slot !== NOWHERE) this.#newest[slot] = this.previousOnSlot[e] + 1
    }
    this.length = 0
    for (let process = 0; process < this.width; process++) this.last[process] = -1
  }

  /** Resets to the state before any execution. */
  clear(): void {
    this.beginExecution(this.length, 0)
    // In the clock of an event, the entries of processes that had no number yet must be zeros.
    this.order.fill(0)
    this.sync.fill(0)
    this.last.fill(-1)
    this.width = 1
    this.mixed = this.startOver = false
  }

  /** Returns the last event on a slot, or -1. */
  newest(slot: number): number {
    return slot < this.#newest.length ? this.#newest[slot] - 1 : -1
  }

  /** Adds the next event, which is the same as in the previous execution. */
  addRepeated(process: number): number {
    const e = this.length++
    this.last[process] = e
    return e
  }

  /** Adds the next event. `fillOrderClock` and `fillSyncClock` fill in its clocks. */
  add(process: number, kind: number, at: number, touches: number, mask: number): number {
    const e = this.length++
    if (e === this.process.length) this.#grow()
    this.process[e] = process
    this.kind[e] = kind
    this.touches[e] = touches
    this.mask[e] = mask
    this.at[e] = at
    this.previousOfProcess[e] = this.last[process]
    this.last[process] = e
    if (touches === 0) {
      this.slot[e] = NOWHERE
    } else {
      const slot = at >> 3
      if (slot >= this.#newest.length) this.#growSlots(slot)
      this.slot[e] = slot
      this.previousOnSlot[e] = this.#newest[slot] - 1
      this.#newest[slot] = e + 1
    }
    return e
  }

  choose(process: number, value: number): number {
    const e = this.add(process, CHOOSE, 0, 0, 0)
    this.chosen[e] = value
    return e
  }

  /** Fills in the clock of the event in `order`, and finds its `races`. `cause` is the event that enabled it, or -1. */
  fillOrderClock(e: number, cause: number): void {
    const { order, width } = this
    const row = e << ROW
    const process = this.process[e]
    const own = this.previousOfProcess[e]
    if (own >= 0) {
      const from = own << ROW
      for (let p = 0; p < width; p++) order[row + p] = order[from + p]
    } else {
      for (let p = 0; p < width; p++) order[row + p] = 0
    }
    order[row + process] = e + 1
    if (cause >= 0) this.orderAfter(e, cause)
    this.raceCount = 0
    if (this.slot[e] === NOWHERE) return
    const touches = this.touches[e]
    const mask = this.mask[e]
    // Stops at an event that all earlier ones are ordered before.
    let seek = touches
    for (let f = this.previousOnSlot[e]; f >= 0 && seek !== 0; f = this.previousOnSlot[f]) {
      const other = this.touches[f]
      const common = this.mask[f] & mask
      if (common === 0) continue
      if (!this.mixed && this.mask[f] !== mask) this.mixed = this.startOver = true
      if (!areDependent(touches, other)) continue
      if (order[row + this.process[f]] <= f) {
        this.races[this.raceCount++] = f
        this.orderAfter(e, f)
      }
      if ((other & WRITES) !== 0 && common === mask) seek &= QUEUE
      if ((other & QUEUE) !== 0) seek &= ~QUEUE
    }
  }

  /** Orders e after f. */
  orderAfter(e: number, f: number): void {
    const { order, width } = this
    const to = e << ROW
    const from = f << ROW
    for (let p = 0; p < width; p++) {
      if (order[from + p] > order[to + p]) order[to + p] = order[from + p]
    }
  }

  /**
   * Fills in the clock of the event in `sync`. `cause` is the event that enabled it, or -1. For `more` see
   * `synchronizeAfter`.
   */
  fillSyncClock(e: number, cause: number, more: 0 | 1): void {
    const { sync, width } = this
    const row = e << ROW
    const own = this.previousOfProcess[e]
    if (own >= 0) {
      const from = own << ROW
      for (let p = 0; p < width; p++) sync[row + p] = sync[from + p]
    } else {
      for (let p = 0; p < width; p++) sync[row + p] = 0
    }
    sync[row + this.process[e]] = 2 * (e + 1)
    if (cause >= 0) this.synchronizeAfter(e, cause, more)
    if (this.slot[e] === NOWHERE) return
    const mask = this.mask[e]
    let seek = this.touches[e] & (READS | QUEUE)
    for (let f = this.previousOnSlot[e]; f >= 0 && seek !== 0; f = this.previousOnSlot[f]) {
      const other = this.touches[f]
      const common = this.mask[f] & mask
      if (common === 0) continue
      // Only a write of exactly the same bytes synchronizes. A write of other bytes hides the writes before it.
      if ((other & WROTE) !== 0 && (seek & READS) !== 0) {
        if (this.mask[f] === mask) this.synchronizeAfter(e, f, 0)
        if (common === mask) seek &= ~READS
      }
      if ((other & seek & QUEUE) !== 0) {
        this.synchronizeAfter(e, f, 0)
        seek &= ~QUEUE
      }
    }
  }

  /**
   * Orders e after f. If `more` is 1, also orders it after everything that the process of f did before its next step.
   */
  synchronizeAfter(e: number, f: number, more: 0 | 1): void {
    const { sync, width } = this
    const to = e << ROW
    const from = f << ROW
    for (let p = 0; p < width; p++) {
      if (sync[from + p] > sync[to + p]) sync[to + p] = sync[from + p]
    }
    const end = 2 * (f + 1) + more
    if (end > sync[to + this.process[f]]) sync[to + this.process[f]] = end
  }

  /** Returns the entry of `other` in the `sync` clock of the process. */
  syncEntry(process: number, other: number): number {
    const last = this.last[process]
    return last < 0 ? 0 : this.sync[(last << ROW) + other]
  }

  /** Returns true if e comes before f in `order`. */
  precedes(e: number, f: number): boolean {
    return this.order[(f << ROW) + this.process[e]] > e
  }

  /** Returns 1 + the last event of the process that comes before e, or 0 if there is none. */
  orderEntry(e: number, process: number): number {
    return this.order[(e << ROW) + process]
  }

  #grow(): void {
    this.process = doubled(this.process)
    this.kind = doubled(this.kind)
    this.touches = doubled(this.touches)
    this.mask = doubled(this.mask)
    this.slot = doubled(this.slot)
    this.at = doubled(this.at)
    this.chosen = doubled(this.chosen)
    this.previousOfProcess = doubled(this.previousOfProcess)
    this.previousOnSlot = doubled(this.previousOnSlot)
    this.order = doubled(this.order)
    this.sync = doubled(this.sync)
  }

  #growSlots(slot: number): void {
    let length = this.#newest.length
    while (length <= slot) length *= 2
    const old = this.#newest
    this.#newest = new Int32Array(length)
    this.#newest.set(old)
  }
}
