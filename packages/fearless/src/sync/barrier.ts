/**
 * A reusable barrier for a fixed number of parties, after std's `Barrier`. core/barrier.ts defines its words and
 * protocol.
 *
 * A party whose thread dies in the wait has not arrived, because the reaper removes its waiter.
 */
import { set, store } from '../core/memory.ts'
import { describe } from '../describe.ts'
import { BARRIER_BYTES, BARRIER_GENERATION, BARRIER_OWNERS, BARRIER_SIZE, BARRIER_WEAKS } from '../core/barrier.ts'
import { core, self } from '../core/index.ts'
import { Handle, dropHandle, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { allocate, i32, free } from '../memory/heap.ts'
import { BARRIER } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { StatelessWait, type Wait } from '../wait/wait.ts'
import { defineCounted, initCounts } from './owner-count.ts'

/** The result of a wait at a `Barrier`. */
export interface Arrival {
  /** True for exactly one of the parties: the last to arrive. */
  readonly isLeader: boolean
}

/**
 * A point at which a fixed number of threads or tasks wait for each other. It can be used again after each release.
 *
 * ```ts
 * const barrier = new Barrier(2)
 * const other = thread.spawn(move(() => barrier.arrive().wait().isLeader))
 * const here = (await barrier.arrive()).isLeader
 * here !== await other.join() // => true
 * ```
 *
 * The accesses of each party before it arrived happen before those of all parties after the barrier. A barrier for 0
 * behaves as one for 1.
 */
export class Barrier extends Handle {
  declare readonly [crossing]: Crossing<'Barrier', 'always', 'always'>
  readonly #arriving: Wait<Arrival> = new Arriving(this)

  /** Creates a barrier for `parties` parties. */
  constructor(parties: number)
  /** @internal */
  constructor(parties: number, record?: number)
  constructor(parties: number, record = newBarrier(parties)) {
    super(record)
  }

  /**
   * Arrives, and waits until the other parties have arrived.
   *
   * A wait that ends early (a time limit, another arm of a `select`, the end of its thread) has not arrived. `try()`
   * arrives only as the last party. Crossing a thread shares the barrier.
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

class Arriving extends StatelessWait<Arrival> {
  /** Spinning is useless: a party has arrived only once its waiter is registered. */
  readonly neverSpins = true
  readonly #barrier: Barrier

  constructor(barrier: Barrier) {
    super()
    this.#barrier = barrier
  }
  override tryComplete(): Arrival | Pending {
    return core.barrierOpen(self, liveObjectOf(this.#barrier)) === 0 ? PENDING : LEADER
  }
  /** A registered waiter has nothing to poll: the last party to arrive wakes it. */
  override isReady(): boolean {
    return false
  }
  override register(waiter: number): boolean {
    return core.barrierRegister(self, liveObjectOf(this.#barrier), waiter) !== 0
  }
  override unregister(waiter: number): boolean {
    return core.barrierUnregister(self, this.#barrier.thing, waiter) !== 0
  }
  override accept(waiter: number): Arrival | Pending {
    return core.barrierPassed(liveObjectOf(this.#barrier), waiter) === 0 ? this.tryComplete() : FOLLOWER
  }
  hasHandover(waiter: number): boolean {
    return core.barrierPassed(this.#barrier.thing, waiter) !== 0
  }
  owners(): readonly Handle[] {
    return [this.#barrier]
  }
}

function newBarrier(parties: number): number {
  if (!Number.isInteger(parties) || parties < 0 || parties > 0x7fff_ffff)
    throw new RangeError(
      `A Barrier expects an integer from 0 to 2^31 - 1, got ${describe(parties)}. Pass the number of parties.`,
    )
  const barrier = allocate(BARRIER_BYTES)
  i32.fill(0, barrier >> 2, (barrier + BARRIER_BYTES) >> 2)
  initCounts(barrier, BARRIER_OWNERS, BARRIER_WEAKS)
  set(barrier + BARRIER_SIZE, parties)
  store(barrier + BARRIER_GENERATION, 1)
  try {
    return newRecord(BARRIER, barrier, true)
  } catch (error) {
    free(barrier)
    throw error
  }
}

defineCounted(BARRIER, Barrier, {
  name: 'Barrier',
  owners: BARRIER_OWNERS,
  weaks: BARRIER_WEAKS,
  revive: record => new Barrier(0, record),
})
