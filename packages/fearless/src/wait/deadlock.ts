/**
 * Deadlock detection for locks: finds a cycle in the wait-for graph when the last thread of the cycle is about to
 * sleep.
 *
 * The detection applies to a thread that blocks on a lock without a time limit while it holds another lock. The thread
 * stores the awaited lock in its slot, THEN reads the holders of that lock, and the locks on which those block in turn.
 * All accesses are sequentially consistent. Every other thread of the cycle stored its lock before it slept, so the
 * thread that closes the cycle sees all of it. Such a cycle is permanent, because each lock is released only by code
 * that its blocked holder cannot reach.
 *
 * - Threads that hold no lock pay nothing for the detection. Threads that await pay nothing either, because their event
 *   loop can run other code.
 * - RACE: two threads may close the cycle at once, and both see it. Each searches again under a latch, and the first
 *   one clears its own entry before it releases the latch. So exactly one error breaks the cycle.
 */
import { LOCKS, RW_LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import {
  DEADLOCK_LATCH,
  PAGE_SHIFT,
  SLOT_HELD,
  SLOT_ID,
  SLOT_WAIT_LOCATION,
  SLOT_THREAD,
  SLOT_WAITS_FOR_LOCK,
} from '../core/layout.ts'
import { get, load, set, store } from '../core/memory.ts'
import { LOCK_KIND, LOCK_MUTEX, MUTEX_LOCK } from '../core/mutex.ts'
import { LOCK_REENTRANT } from '../core/reentrant-mutex.ts'
import { THREAD_ID, THREAD_NAME } from '../core/run-queue.ts'
import { WAITER_CLAIM, WAITER_QUEUE } from '../core/wait-queue.ts'
import { platform } from '#platform'
import { DeadlockError } from '../errors.ts'
import { free, threadSlots } from '../memory/heap.ts'
import { loadText, storeText } from '../memory/interner.ts'
import { locationOfLock, encodeLockLocations, blockedLocation, acquiredLocation } from './lock-sites.ts'

export const deadlockDetectionEnabled: boolean = platform.setting('FEARLESS_DEADLOCKS') !== 'off'

/**
 * Called before a thread sleeps without a time limit. Returns an error if this sleep would close a cycle; the caller
 * then unregisters its waiter and throws it. Otherwise the caller must call `clearBlockedOn` after the wake-up.
 */
export function findDeadlock(waiter: number): DeadlockError | undefined {
  if (get(self + SLOT_HELD) === 0 || !deadlockDetectionEnabled || get(waiter + WAITER_CLAIM) !== 0) return undefined
  const lock = lockOfQueue(get(waiter + WAITER_QUEUE))
  if (lock === 0) return undefined
  // ORDER: the source location before the lock, because a thread that reads the lock here may print the location.
  set(self + SLOT_WAIT_LOCATION, storeText(encodeLockLocations(lock => holds(self, lock))))
  store(self + SLOT_WAITS_FOR_LOCK, lock)
  if (findCycle(self) === undefined) return undefined
  core.latch(self, DEADLOCK_LATCH)
  const found = findCycle(self)
  const error = found === undefined ? undefined : describe(found)
  if (error !== undefined) store(self + SLOT_WAITS_FOR_LOCK, 0)
  core.unlatch(self, DEADLOCK_LATCH)
  if (error !== undefined) releaseSite()
  return error
}

/** Clears this thread's entry in the wait-for graph. */
export function clearBlockedOn(): void {
  if (load(self + SLOT_WAITS_FOR_LOCK) === 0) return
  store(self + SLOT_WAITS_FOR_LOCK, 0)
  // RACE: another thread may still read our location. It does so under the latch, so we acquire the latch before the
  // release.
  core.latch(self, DEADLOCK_LATCH)
  core.unlatch(self, DEADLOCK_LATCH)
  releaseSite()
}

function releaseSite(): void {
  const site = get(self + SLOT_WAIT_LOCATION)
  set(self + SLOT_WAIT_LOCATION, 0)
  free(site)
}

/**
 * Returns the lock whose wait queue this is, found by the size class of its span; 0 if the queue belongs to no lock.
 */
export function lockOfQueue(queue: number): number {
  const size = sizeOfLock(queue)
  if (size === 0) return 0
  const first = (queue >> PAGE_SHIFT) << PAGE_SHIFT
  return queue - ((queue - first) % size)
}

function sizeOfLock(address: number): number {
  if (core.isOfClass(LOCKS, address) !== 0) return 64
  return core.isOfClass(RW_LOCKS, address) !== 0 ? 128 : 0
}

/**
 * Returns the slots of a cycle that starts at `slot`, in which each thread waits for the next and the last for the
 * first. Undefined if there is no cycle.
 */
function findCycle(slot: number): number[] | undefined {
  const seen = new Set<number>()
  const path: number[] = []
  const follow = (at: number): boolean => {
    const lock = load(at + SLOT_WAITS_FOR_LOCK)
    if (lock === 0 || seen.has(at)) return false
    seen.add(at)
    path.push(at)
    for (const holder of holdersOf(lock)) {
      // A reader that upgrades waits for all other readers. Blocking on a lock that the thread holds itself is refused
      // earlier.
      if (holder === at) continue
      if (holder === slot || follow(holder)) return true
    }
    path.pop()
    return false
  }
  return follow(slot) ? path : undefined
}

/** The slots of the threads that hold a lock, alone or shared. */
function* holdersOf(lock: number): Generator<number> {
  for (const slot of threadSlots()) if (holds(slot, lock)) yield slot
}

function holds(slot: number, lock: number): boolean {
  const id = load(slot + SLOT_ID)
  if (id === 0) return false
  if (sizeOfLock(lock) === 64) return load(lock + MUTEX_LOCK) === id
  return core.rwHeld(slot, lock) !== 0
}

/**
 * Returns where this thread acquired a lock that it alone holds; '' if the location is not known. Undefined if another
 * thread holds a share of the lock, or no thread holds it.
 */
export function locationOfExclusiveHold(lock: number): string | undefined {
  let ours = false
  for (const holder of holdersOf(lock)) {
    if (holder !== self) return undefined
    ours = true
  }
  return ours ? locationOfLock(lock) : undefined
}

function describe(slots: readonly number[]): DeadlockError {
  let allRecorded = true
  const clauses = slots.map((slot, i) => {
    const next = slots[(i + 1) % slots.length]
    const lock = get(slot + SLOT_WAITS_FOR_LOCK)
    const place = acquiredLocation(placesOf(next), lock)
    allRecorded &&= place !== undefined
    const has = place === undefined ? 'holds' : `acquired at ${place}`
    return `${nameOf(slot)} waits for ${describeLock(lock)} that ${nameOf(next)} ${has} (${blockedLocation(placesOf(slot))})`
  })
  const more = allRecorded
    ? ''
    : ' Set FEARLESS_DEADLOCKS=lines to see where each was acquired, also without the compiler or `using`.'
  return new DeadlockError(
    `These threads wait for each other: ${clauses.join('; ')}. None of them can continue. Acquire these locks in the same order everywhere.${more}`,
  )
}

const placesOf = (slot: number): string => loadText(get(slot + SLOT_WAIT_LOCATION))

export function describeLock(lock: number): string {
  if (sizeOfLock(lock) !== 64) return 'an RwLock'
  const kind = get(lock + LOCK_KIND)
  if (kind === LOCK_REENTRANT) return 'a ReentrantMutex'
  return kind === LOCK_MUTEX ? 'a Mutex' : 'a Once, OnceLock or LazyLock'
}

function nameOf(slot: number): string {
  const thread = get(slot + SLOT_THREAD)
  if (thread === 0) return 'thread "main"'
  const name = get(thread + THREAD_NAME)
  return `thread "${name === 0 ? get(thread + THREAD_ID) : loadText(name)}"`
}
