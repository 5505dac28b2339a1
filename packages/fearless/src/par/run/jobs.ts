/**
 * Jobs in work-stealing deques: each thread that takes part in parallel work has one deque.
 *
 * A job is a range of chunks of a region, and holds a reference to the region. The thread pushes and pops at the bottom
 * of its deque; other threads steal at the top. Deques belong to slots and are never freed, because a thief may look at
 * one at any time; the next thread in the slot uses it again.
 *
 * A job that a thread has taken out of a deque is in the thread's slot: in SLOT_TAKEN_JOB until the thread releases it,
 * or, if the thread is a helper, holds it. Then its region is in SLOT_HELPED_REGION. A thread passes a job on before it
 * takes another.
 *
 * A thread that dies leaves jobs in its deque and in its slot; the reaper drops both.
 */
import { add, cas, get, load, set, store } from '../../core/memory.ts'
import { DEQUE_BYTES, STEAL_DONE, STEAL_EMPTY } from '../../core/deque.ts'
import { core, self } from '../../core/index.ts'
import {
  MAX_SLOTS,
  NEXT_SLOT,
  PAR_DEQUES,
  PAR_PUSHED_JOBS,
  PAR_QUEUE,
  SLOT_ID,
  SLOT_TAKEN_JOB,
  SLOT_HELPED_REGION,
} from '../../core/layout.ts'
import { allocate, i32, free } from '../../memory/heap.ts'
import { dropRegion, retainRegion } from './region.ts'

/** Chunks `[from, to)` of a region. */
export interface Job {
  readonly region: number
  readonly from: number
  readonly to: number
}

const CHUNK_BITS = 16
const CHUNK_MASK = 0xffff

/** No region has this address. */
const ANY_REGION = 0

let own = 0

/** This thread's deque, made for its first job. Throws `HeapFullError`. */
function ownDeque(): number {
  if (own === 0) {
    const word = dequeTable() + get(self + SLOT_ID) * 4
    if (get(word) === 0) {
      const deque = allocate(DEQUE_BYTES)
      core.initDeque(deque)
      // Passes the deque to all threads.
      store(word, deque)
    }
    own = get(word)
  }
  return own
}

/** The deques of all threads, by the ids of their slots. */
function dequeTable(): number {
  const known = load(PAR_DEQUES)
  if (known !== 0) return known
  const made = allocate(MAX_SLOTS * 4)
  i32.fill(0, made >> 2, (made >> 2) + MAX_SLOTS)
  const first = cas(PAR_DEQUES, 0, made)
  if (first === 0) return made
  free(made)
  return first
}

/** Pushes a job and notifies one sleeping helper, if one sleeps. Returns false if the deque is full. */
export function pushJob(region: number, from: number, to: number): boolean {
  const deque = ownDeque()
  retainRegion(region)
  if (core.pushBottom(deque, region, from | (to << CHUNK_BITS)) === 0) {
    dropRegion(region)
    return false
  }
  // WAKE: a helper registers in the queue, then looks into all deques, then sleeps. The job is in the deque by now, so
  // either the helper finds it, or we find the helper.
  add(PAR_PUSHED_JOBS, 1)
  core.announceWakeUp(self, PAR_QUEUE)
  core.wakeOne(self, PAR_QUEUE)
  core.endAnnouncement(self)
  return true
}

/** Pops the job that this thread pushed last, with its reference. Returns undefined if the deque is empty. */
export function popJob(): Job | undefined {
  return own !== 0 && core.popBottom(own, self + SLOT_TAKEN_JOB) !== 0 ? takenJob() : undefined
}

/** Whether this thread's deque is empty: then helpers may be without work. */
export function hasNoJobs(): boolean {
  return own === 0 || core.isEmptyDeque(own) !== 0
}

/** Steals the oldest job of another thread, with its reference. Returns undefined if no thread has one. */
export function stealJob(): Job | undefined {
  return stealJobOf(ANY_REGION)
}

/**
 * Steals a job of one region from another thread, which has it at the top of its deque. Returns undefined if no thread
 * has one there.
 */
export function stealJobOf(region: number): Job | undefined {
  const deques = load(PAR_DEQUES)
  if (deques === 0) return undefined
  const slots = Math.min(MAX_SLOTS, load(NEXT_SLOT))
  // From a random slot on, so that thieves do not all begin with the same deque.
  const start = Math.floor(Math.random() * slots)
  for (let i = 0; i < slots; i++) {
    const deque = load(deques + ((start + i) % slots) * 4)
    if (deque === 0 || deque === own) continue
    const stolen = stealFrom(deque, region)
    if (stolen !== undefined) return stolen
  }
  return undefined
}

function stealFrom(deque: number, region: number): Job | undefined {
  for (;;) {
    const outcome = core.steal(deque, self + SLOT_TAKEN_JOB, region)
    if (outcome === STEAL_DONE) return takenJob()
    if (outcome === STEAL_EMPTY) return undefined
  }
}

function takenJob(): Job {
  const chunks = get(self + SLOT_TAKEN_JOB + 4)
  return { region: get(self + SLOT_TAKEN_JOB), from: chunks & CHUNK_MASK, to: chunks >>> CHUNK_BITS }
}

/**
 * Releases a job that this thread has taken, and drops its reference: the thread has pushed the job again, or owns the
 * region and keeps the owner's reference.
 *
 * ORDER: the slot first. If this thread dies before it drops the reference, the region is never freed. In the other
 * order the reaper would drop the reference a second time, and the region would be freed while other threads use it.
 */
export function releaseJob(region: number): void {
  set(self + SLOT_TAKEN_JOB, 0)
  dropRegion(region)
}

/**
 * Holds a job that this helper has taken and runs now.
 *
 * ORDER: at each moment one of the two words names the region, so the reaper fails it if this thread dies.
 */
export function holdJob(region: number): void {
  set(self + SLOT_HELPED_REGION, region)
  set(self + SLOT_TAKEN_JOB, 0)
}

/** Drops the reference of the job that this helper holds, in the order of `releaseJob`. */
export function releaseHeldJob(region: number): void {
  set(self + SLOT_HELPED_REGION, 0)
  dropRegion(region)
}

/**
 * The regions of the jobs that a dead thread had taken or held. A region in both words counts once: one job on its way
 * from one to the other, or, between a pop and the next push of a nested run, two jobs. A region that then keeps a
 * reference is never freed; a second drop would free it while other threads use it.
 */
export function regionsHeldBy(slot: number): readonly number[] {
  const [taken, held] = [get(slot + SLOT_TAKEN_JOB), get(slot + SLOT_HELPED_REGION)]
  return [...new Set([taken, held])].filter(region => region !== 0)
}

/** Whether some thread has a job in its deque. */
export function anyJob(): boolean {
  const deques = load(PAR_DEQUES)
  if (deques === 0) return false
  const slots = Math.min(MAX_SLOTS, load(NEXT_SLOT))
  for (let slot = 1; slot < slots; slot++) {
    const deque = load(deques + slot * 4)
    if (deque !== 0 && core.isEmptyDeque(deque) === 0) return true
  }
  return false
}

/** Steals a job from the deque of a dead thread. Returns undefined if the deque is empty. */
export function stealFromDead(slot: number): Job | undefined {
  const deques = load(PAR_DEQUES)
  const deque = deques === 0 ? 0 : load(deques + get(slot + SLOT_ID) * 4)
  return deque === 0 ? undefined : stealFrom(deque, ANY_REGION)
}
