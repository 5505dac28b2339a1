/**
 * One work-stealing deque per thread that takes part in parallel work: what it offers to the others.
 *
 * An offer is a region and a run of its chunks, and it holds a reference to the region. Deques belong to slots and are
 * never freed: a thief may look at one at any time, and the next thread in the slot uses it again.
 */
import { BOTTOM, DEQUE_BYTES, DEQUE_ITEMS, ITEMS, STEAL_DONE, STEAL_EMPTY, TOP } from '../core/deque.ts'
import { core, self } from '../core/index.ts'
import {
  MAX_SLOTS,
  NEXT_SLOT,
  PAR_DEQUES,
  PAR_PUSHED_JOBS,
  PAR_QUEUE,
  SLOTS,
  SLOT_ID,
  SLOT_STOLEN_JOB,
  SLOT_SIZE,
  SLOT_POPPED_JOB,
  SLOT_HELPED_REGION,
} from '../core/layout.ts'
import { allocate, i32, free } from '../memory/heap.ts'
import { dropRegion, holdRegion } from './region.ts'

/** Chunks `[from, to)` of a region. */
export interface Offer {
  readonly region: number
  readonly from: number
  readonly to: number
}

const CHUNK_BITS = 16
const CHUNK_MASK = 0xffff

let own = 0

/** This thread's deque, made when it first offers something. Throws `HeapFullError`. */
function ownDeque(): number {
  if (own === 0) {
    const word = table() + i32[(self + SLOT_ID) >> 2] * 4
    if (i32[word >> 2] === 0) {
      const deque = allocate(DEQUE_BYTES)
      core.initDeque(deque)
      // Passes the deque to all threads.
      Atomics.store(i32, word >> 2, deque)
    }
    own = i32[word >> 2]
  }
  return own
}

function table(): number {
  const known = Atomics.load(i32, PAR_DEQUES >> 2)
  if (known !== 0) return known
  const made = allocate(MAX_SLOTS * 4)
  i32.fill(0, made >> 2, (made >> 2) + MAX_SLOTS)
  const first = Atomics.compareExchange(i32, PAR_DEQUES >> 2, 0, made)
  if (first === 0) return made
  free(made)
  return first
}

/** Offers chunks to other threads and wakes one of them, if one sleeps; false if there is no room for the offer. */
export function offer(region: number, from: number, to: number): boolean {
  const deque = ownDeque()
  holdRegion(region)
  if (core.pushBottom(deque, region, from | (to << CHUNK_BITS)) === 0) {
    dropRegion(region)
    return false
  }
  Atomics.add(i32, PAR_PUSHED_JOBS >> 2, 1)
  core.announceWakeUp(self, PAR_QUEUE)
  core.wakeOne(self, PAR_QUEUE)
  core.endAnnouncement(self)
  return true
}

/** Takes back what this thread offered last, with its reference; undefined if others have taken all. */
export function takeBack(): Offer | undefined {
  return own !== 0 && core.popBottom(own, self + SLOT_POPPED_JOB) !== 0 ? offerAt(self + SLOT_POPPED_JOB) : undefined
}

/** Whether this thread offers nothing now. */
export function offersNothing(): boolean {
  return own === 0 || i32[(own + BOTTOM) >> 2] - Atomics.load(i32, (own + TOP) >> 2) <= 0
}

/** Takes the oldest offer of some other thread, with its reference. */
export function stealOffer(): Offer | undefined {
  return stealFromAny(stealFrom)
}

/**
 * Takes an offer of one region from another thread. RACE: what lies at the top may change between the look and the
 * theft; an offer of another region then goes on to this thread's deque, where others find it.
 */
export function stealOfferOf(region: number): Offer | undefined {
  return stealFromAny(deque => {
    while (topOf(deque) === region) {
      const stolen = stealFrom(deque)
      if (stolen === undefined || stolen.region === region) return stolen
      offer(stolen.region, stolen.from, stolen.to)
      dropRegion(stolen.region)
    }
    return undefined
  })
}

function topOf(deque: number): number {
  const top = Atomics.load(i32, (deque + TOP) >> 2)
  if (top >= Atomics.load(i32, (deque + BOTTOM) >> 2)) return 0
  return i32[(deque + ITEMS + ((top & (DEQUE_ITEMS - 1)) << 3)) >> 2]
}

function stealFromAny(from: (deque: number) => Offer | undefined): Offer | undefined {
  const deques = Atomics.load(i32, PAR_DEQUES >> 2)
  if (deques === 0) return undefined
  const slots = Math.min(MAX_SLOTS, Atomics.load(i32, NEXT_SLOT >> 2))
  const start = Math.floor(Math.random() * slots)
  for (let i = 0; i < slots; i++) {
    const deque = Atomics.load(i32, (deques >> 2) + ((start + i) % slots))
    if (deque === 0 || deque === own) continue
    const stolen = from(deque)
    if (stolen !== undefined) return stolen
  }
  return undefined
}

function stealFrom(deque: number): Offer | undefined {
  for (;;) {
    const outcome = core.steal(deque, self + SLOT_STOLEN_JOB)
    if (outcome === STEAL_DONE) return offerAt(self + SLOT_STOLEN_JOB)
    if (outcome === STEAL_EMPTY) return undefined
  }
}

function offerAt(at: number): Offer {
  const chunks = i32[(at + 4) >> 2]
  return { region: i32[at >> 2], from: chunks & CHUNK_MASK, to: chunks >>> CHUNK_BITS }
}

/** From now on a reaper finds this stolen offer as what the thread works at; `undefined`: nothing any more. */
export function workAt(stolen: Offer | undefined): void {
  i32[(self + SLOT_HELPED_REGION) >> 2] = stolen?.region ?? 0
  i32[(self + SLOT_STOLEN_JOB) >> 2] = 0
}

/** The regions that a dead thread had a part of in its hands. */
export function inHandsOf(slot: number): readonly number[] {
  const [offered, task] = [i32[(slot + SLOT_STOLEN_JOB) >> 2], i32[(slot + SLOT_HELPED_REGION) >> 2]]
  return [...new Set([offered, task])].filter(region => region !== 0)
}

/** Whether some thread offers something. */
export function anyOffer(): boolean {
  const deques = Atomics.load(i32, PAR_DEQUES >> 2)
  if (deques === 0) return false
  const slots = Math.min(MAX_SLOTS, Atomics.load(i32, NEXT_SLOT >> 2))
  for (let slot = 1; slot < slots; slot++) {
    const deque = Atomics.load(i32, (deques >> 2) + slot)
    if (deque !== 0 && Atomics.load(i32, (deque + BOTTOM) >> 2) > Atomics.load(i32, (deque + TOP) >> 2)) return true
  }
  return false
}

/** Takes an offer that a dead thread left. */
export function takeFromDead(slot: number): Offer | undefined {
  const deques = Atomics.load(i32, PAR_DEQUES >> 2)
  const deque = deques === 0 ? 0 : Atomics.load(i32, (deques >> 2) + (slot - SLOTS) / SLOT_SIZE)
  return deque === 0 ? undefined : stealFrom(deque)
}
