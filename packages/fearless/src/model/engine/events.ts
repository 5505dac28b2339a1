/**
 * What has happened in this execution: one event per step, in order, with what happened before it.
 *
 * Two orders are kept, each as one vector clock per event. `order` is the search's: every two steps that depend on
 * each other are ordered as they ran, so it says which other interleavings are the same. `sync` is the memory
 * model's: a read is ordered after the write it reads from (of the same bytes), a wait after the notify; it says
 * which plain accesses race.
 *
 * An event's entry for process p in `order` is 1 + the last event of p that happened before it, so event e of p
 * happened before f if `order[f][p] > e`. Entries of `sync` are doubled: 2 * (e + 1) is event e, and one more is
 * everything that p does after e without a step.
 *
 * Events before `fresh` are those of the execution before this one, which began with the same choices: they stay.
 */
import { CHOOSE, QUEUE, READS, WRITES, WROTE, depend } from './ops.ts'
import { doubled } from '../search/tree.ts'

/** How many processes (threads, deaths) a model may have: they are bits of a number. */
export const PROCESSES = 31
/** log2 of the length of a clock. */
const ROW = 5
/** Marks an event that touches no memory. */
const NOWHERE = -1
/** Room for so many events at first. */
const FIRST = 128

export class Events {
  /** How many have happened. */
  length = 0
  /** How many processes have a name. */
  width = 1
  process = new Uint8Array(FIRST)
  kind = new Uint8Array(FIRST)
  touches = new Uint8Array(FIRST)
  mask = new Uint8Array(FIRST)
  slot = new Int32Array(FIRST)
  at = new Int32Array(FIRST)
  /** What a CHOOSE chose; whom a NOTIFY woke; whether a PAUSE had no other reason to end than that nothing else could happen. */
  chosen = new Int32Array(FIRST)
  /** The process's event before this one, or -1. */
  own = new Int32Array(FIRST)
  /** The slot's event before this one, or -1. */
  onSlot = new Int32Array(FIRST)
  order = new Int32Array(FIRST << ROW)
  sync = new Int32Array(FIRST << ROW)
  /** The last event of each process, or -1. */
  readonly last = new Int32Array(PROCESSES + 1).fill(-1)
  /** 1 + the last event on each slot. */
  #newest = new Int32Array(64)
  /**
   * Whether accesses of different width touch common bytes anywhere.
   *
   * While none do, a refused exchange is a mere read: what could let it succeed depends on everything that depends on
   * it. A write to half of its bytes might not, so then it counts as a write. The search that finds this out has
   * counted otherwise so far, and starts over.
   */
  mixed = false
  startOver = false
  /** The events that the newest one could have come before: it depends on them and nothing else orders them. */
  readonly races: number[] = []
  /** How many of them there are; the rest are those of earlier events. */
  raced = 0

  /** Begins a new execution whose first `fresh` events are those of the last one. */
  begin(length: number, fresh: number): void {
    for (let e = length - 1; e >= fresh; e--) {
      const slot = this.slot[e]
      if (slot !== NOWHERE) this.#newest[slot] = this.onSlot[e] + 1
    }
    this.length = 0
    for (let process = 0; process < this.width; process++) this.last[process] = -1
  }

  /** As if nothing had ever happened. */
  clear(): void {
    this.begin(this.length, 0)
    // A clock's entries of processes that had no name yet are zeros.
    this.order.fill(0)
    this.sync.fill(0)
    this.last.fill(-1)
    this.width = 1
    this.mixed = this.startOver = false
  }

  /** The last event on a slot, or -1. */
  newest(slot: number): number {
    return slot < this.#newest.length ? this.#newest[slot] - 1 : -1
  }

  /** The next event, which has happened before in just this way. */
  repeat(process: number): number {
    const e = this.length++
    this.last[process] = e
    return e
  }

  /** The next event. Its clocks are for `order` and `synchronize` to make. */
  add(process: number, kind: number, at: number, touches: number, mask: number): number {
    const e = this.length++
    if (e === this.process.length) this.#grow()
    this.process[e] = process
    this.kind[e] = kind
    this.touches[e] = touches
    this.mask[e] = mask
    this.at[e] = at
    this.own[e] = this.last[process]
    this.last[process] = e
    if (touches === 0) {
      this.slot[e] = NOWHERE
    } else {
      const slot = at >> 3
      if (slot >= this.#newest.length) this.#growSlots(slot)
      this.slot[e] = slot
      this.onSlot[e] = this.#newest[slot] - 1
      this.#newest[slot] = e + 1
    }
    return e
  }

  choose(process: number, value: number): number {
    const e = this.add(process, CHOOSE, 0, 0, 0)
    this.chosen[e] = value
    return e
  }

  /** Makes the event's clock in the search's order, and finds its `races`. `cause` is an event that made it possible, or -1. */
  arrange(e: number, cause: number): void {
    const { order, width } = this
    const row = e << ROW
    const process = this.process[e]
    const own = this.own[e]
    if (own >= 0) {
      const from = own << ROW
      for (let p = 0; p < width; p++) order[row + p] = order[from + p]
    } else {
      for (let p = 0; p < width; p++) order[row + p] = 0
    }
    order[row + process] = e + 1
    if (cause >= 0) this.after(e, cause)
    this.raced = 0
    if (this.slot[e] === NOWHERE) return
    const touches = this.touches[e]
    const mask = this.mask[e]
    // Walks back only as far as an event that all earlier ones are ordered before.
    let seek = touches
    for (let f = this.onSlot[e]; f >= 0 && seek !== 0; f = this.onSlot[f]) {
      const other = this.touches[f]
      const common = this.mask[f] & mask
      if (common === 0) continue
      if (!this.mixed && this.mask[f] !== mask) this.mixed = this.startOver = true
      if (!depend(touches, other)) continue
      if (order[row + this.process[f]] <= f) {
        this.races[this.raced++] = f
        this.after(e, f)
      }
      if ((other & WRITES) !== 0 && common === mask) seek &= QUEUE
      if ((other & QUEUE) !== 0) seek &= ~QUEUE
    }
  }

  /** Orders e after f. */
  after(e: number, f: number): void {
    const { order, width } = this
    const to = e << ROW
    const from = f << ROW
    for (let p = 0; p < width; p++) {
      if (order[from + p] > order[to + p]) order[to + p] = order[from + p]
    }
  }

  /** Makes the event's clock in the memory model's order: `cause` made it possible, or -1; see `syncAfter`. */
  synchronize(e: number, cause: number, more: 0 | 1): void {
    const { sync, width } = this
    const row = e << ROW
    const own = this.own[e]
    if (own >= 0) {
      const from = own << ROW
      for (let p = 0; p < width; p++) sync[row + p] = sync[from + p]
    } else {
      for (let p = 0; p < width; p++) sync[row + p] = 0
    }
    sync[row + this.process[e]] = 2 * (e + 1)
    if (cause >= 0) this.syncAfter(e, cause, more)
    if (this.slot[e] === NOWHERE) return
    const mask = this.mask[e]
    let seek = this.touches[e] & (READS | QUEUE)
    for (let f = this.onSlot[e]; f >= 0 && seek !== 0; f = this.onSlot[f]) {
      const other = this.touches[f]
      const common = this.mask[f] & mask
      if (common === 0) continue
      // Only a write of just the same bytes synchronizes; one of other bytes hides what was written before it.
      if ((other & WROTE) !== 0 && (seek & READS) !== 0) {
        if (this.mask[f] === mask) this.syncAfter(e, f, 0)
        if (common === mask) seek &= ~READS
      }
      if ((other & seek & QUEUE) !== 0) {
        this.syncAfter(e, f, 0)
        seek &= ~QUEUE
      }
    }
  }

  /** Orders e after f, and after what f's process did until its next step if `more` is 1. */
  syncAfter(e: number, f: number, more: 0 | 1): void {
    const { sync, width } = this
    const to = e << ROW
    const from = f << ROW
    for (let p = 0; p < width; p++) {
      if (sync[from + p] > sync[to + p]) sync[to + p] = sync[from + p]
    }
    const end = 2 * (f + 1) + more
    if (end > sync[to + this.process[f]]) sync[to + this.process[f]] = end
  }

  /** What the process knows of another one, in the memory model's order. */
  known(process: number, other: number): number {
    const last = this.last[process]
    return last < 0 ? 0 : this.sync[(last << ROW) + other]
  }

  /** Whether e happened before f in the search's order. */
  precedes(e: number, f: number): boolean {
    return this.order[(f << ROW) + this.process[e]] > e
  }

  /** 1 + the last event of the process that happened before e. */
  entry(e: number, process: number): number {
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
    this.own = doubled(this.own)
    this.onSlot = doubled(this.onSlot)
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
