/** A barrier: so many threads or tasks meet, and then all go on. The protocol is in core/barrier.ts. */
import { describe } from '../describe.ts'
import { BARRIER_BYTES, BARRIER_GENERATION, BARRIER_OWNERS, BARRIER_SIZE, BARRIER_WEAKS } from '../core/barrier.ts'
import { core, self } from '../core/index.ts'
import { Handle, dropHandle, newRecord, thingOf } from '../memory/handles/handle.ts'
import { allocate, i32, release } from '../memory/heap.ts'
import { BARRIER } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait, type Wait } from '../wait/wait.ts'
import { defineCounted, startCounts } from './counted.ts'

/** What a wait at a `Barrier` ends with. */
export interface Arrival {
  /** True for exactly one of those who met: the last to come. */
  readonly isLeader: boolean
}

/**
 * A place where a number of threads or tasks wait for each other, as often as they like.
 *
 * ```ts
 * const barrier = new Barrier(2)
 * const other = thread.spawn(move(() => barrier.arrive().wait().isLeader))
 * const here = (await barrier.arrive()).isLeader
 * here !== await other.join() // => true
 * ```
 *
 * What each did before it arrived is visible to all who have passed. A barrier for 0 is one for 1.
 */
export class Barrier extends Handle {
  declare readonly [crossing]: Crossing<'Barrier', 'always', 'always'>
  readonly #arriving: Wait<Arrival> = new Arriving(this)

  /** A barrier for so many. */
  constructor(parties: number)
  /** @internal */
  constructor(parties: number, record?: number)
  constructor(parties: number, record = newBarrier(parties)) {
    super(record)
  }

  /**
   * Arrives, and waits until the others have.
   *
   * Whoever gives up (a time limit, another arm of a `select`, the end of its thread) has not arrived. `try()` arrives
   * only as the last one. Crossing a thread shares the barrier.
   */
  arrive(): Wait<Arrival> {
    return this.#arriving
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

const LEADER: Arrival = Object.freeze({ isLeader: true })
const FOLLOWER: Arrival = Object.freeze({ isLeader: false })

class Arriving extends PlainWait<Arrival> {
  /** Who only watches has not arrived. */
  readonly unwatched = true
  readonly #barrier: Barrier

  constructor(barrier: Barrier) {
    super()
    this.#barrier = barrier
  }
  override poll(): Arrival | Pending {
    return core.barrierOpen(self, thingOf(this.#barrier)) === 0 ? PENDING : LEADER
  }
  /** Who stands in line has nothing to look for: the last one to arrive wakes it. */
  override ready(): boolean {
    return false
  }
  override enter(waiter: number): boolean {
    return core.barrierEnter(self, thingOf(this.#barrier), waiter) !== 0
  }
  override leave(waiter: number): boolean {
    return core.barrierLeave(self, this.#barrier.thing, waiter) !== 0
  }
  override woken(waiter: number): Arrival | Pending {
    return core.barrierPassed(thingOf(this.#barrier), waiter) === 0 ? this.poll() : FOLLOWER
  }
  handed(waiter: number): boolean {
    return core.barrierPassed(this.#barrier.thing, waiter) !== 0
  }
  owners(): readonly Handle[] {
    return [this.#barrier]
  }
}

function newBarrier(parties: number): number {
  if (!Number.isInteger(parties) || parties < 0 || parties > 0x7fff_ffff)
    throw new RangeError(`A barrier is for a whole number of parties from 0 on, not ${describe(parties)}.`)
  const barrier = allocate(BARRIER_BYTES)
  i32.fill(0, barrier >> 2, (barrier + BARRIER_BYTES) >> 2)
  startCounts(barrier, BARRIER_OWNERS, BARRIER_WEAKS)
  i32[(barrier + BARRIER_SIZE) >> 2] = parties
  Atomics.store(i32, (barrier + BARRIER_GENERATION) >> 2, 1)
  try {
    return newRecord(BARRIER, barrier, true)
  } catch (error) {
    release(barrier)
    throw error
  }
}

defineCounted(BARRIER, Barrier, {
  name: 'Barrier',
  owners: BARRIER_OWNERS,
  weaks: BARRIER_WEAKS,
  revive: record => new Barrier(0, record),
})
