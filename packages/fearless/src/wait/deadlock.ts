/**
 * Deadlocks of locks, found when the last thread of a circle is about to sleep.
 *
 * A thread that blocks on a lock, with no limit of time and with another lock in its hands, writes that lock into its
 * slot, THEN looks who holds it, and on what those block in turn. All of it is sequentially consistent, so the thread
 * that closes a circle sees the whole of it: every other one had written before it slept. Such a circle never opens by
 * itself, because what each thread holds is released only by code that it cannot reach.
 *
 * Threads that hold nothing never pay for this, nor do those that await: their event loop can do something else.
 * RACE: two threads may close the circle at once, and both see it. They look again one after the other under a latch, and
 * the first one takes its own wait back before it leaves the latch: one error opens the circle.
 */
import { LOCKS, RW_LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { DEADLOCK_LATCH, PAGE_SHIFT, SLOT_HELD, SLOT_ID, SLOT_SITE, SLOT_THREAD, SLOT_WAITS } from '../core/layout.ts'
import { LOCK_KIND, LOCK_MUTEX, MUTEX_LOCK } from '../core/mutex.ts'
import { LOCK_REENTRANT } from '../core/reentrant-mutex.ts'
import { THREAD_ID, THREAD_NAME } from '../core/run-queue.ts'
import { WAITER_CLAIM, WAITER_QUEUE } from '../core/wait-queue.ts'
import { platform } from '#platform'
import { DeadlockError } from '../errors.ts'
import { i32, release, slots } from '../memory/heap.ts'
import { loadText, storeText } from '../memory/text.ts'
import { placeTaken, placesOfThread, whereBlocked, whereTaken } from './places.ts'

export const looks: boolean = platform.setting('FEARLESS_DEADLOCKS') !== 'off'

/**
 * Called before a thread sleeps, without a limit, as this waiter. An error if it would close a circle; the caller then
 * leaves its line and throws it. Otherwise `endBlocking` follows when it was woken.
 */
export function wouldDeadlock(waiter: number): DeadlockError | undefined {
  if (i32[(self + SLOT_HELD) >> 2] === 0 || !looks || i32[(waiter + WAITER_CLAIM) >> 2] !== 0) return undefined
  const lock = lockOf(i32[(waiter + WAITER_QUEUE) >> 2])
  if (lock === 0) return undefined
  // ORDER: the place before the lock: whoever finds the lock there may print the place.
  i32[(self + SLOT_SITE) >> 2] = storeText(placesOfThread(lock => holds(self, lock)))
  Atomics.store(i32, (self + SLOT_WAITS) >> 2, lock)
  if (circle(self) === undefined) return undefined
  core.latch(self, DEADLOCK_LATCH)
  const found = circle(self)
  const error = found === undefined ? undefined : describe(found)
  if (error !== undefined) Atomics.store(i32, (self + SLOT_WAITS) >> 2, 0)
  core.unlatch(self, DEADLOCK_LATCH)
  if (error !== undefined) releaseSite()
  return error
}

/** This thread blocks no more. */
export function endBlocking(): void {
  if (Atomics.load(i32, (self + SLOT_WAITS) >> 2) === 0) return
  Atomics.store(i32, (self + SLOT_WAITS) >> 2, 0)
  // Whoever still reads our place does so under the latch.
  core.latch(self, DEADLOCK_LATCH)
  core.unlatch(self, DEADLOCK_LATCH)
  releaseSite()
}

function releaseSite(): void {
  const site = i32[(self + SLOT_SITE) >> 2]
  i32[(self + SLOT_SITE) >> 2] = 0
  release(site)
}

/** The lock in which this line stands; 0 if it is no lock's. A lock is found by the class of its span. */
export function lockOf(queue: number): number {
  const size = sizeOfLock(queue)
  if (size === 0) return 0
  const first = (queue >> PAGE_SHIFT) << PAGE_SHIFT
  return queue - ((queue - first) % size)
}

function sizeOfLock(address: number): number {
  if (core.isOfClass(LOCKS, address) !== 0) return 64
  return core.isOfClass(RW_LOCKS, address) !== 0 ? 128 : 0
}

/** The threads from `slot` on, each of which waits for the next one, and the last one for the first; undefined if there is none. */
function circle(slot: number): number[] | undefined {
  const seen = new Set<number>()
  const path: number[] = []
  const follow = (at: number): boolean => {
    const lock = Atomics.load(i32, (at + SLOT_WAITS) >> 2)
    if (lock === 0 || seen.has(at)) return false
    seen.add(at)
    path.push(at)
    for (const holder of holdersOf(lock)) {
      // A reader who upgrades waits for all the others. Blocking on a lock of one's own is refused before this.
      if (holder === at) continue
      if (holder === slot || follow(holder)) return true
    }
    path.pop()
    return false
  }
  return follow(slot) ? path : undefined
}

/** Slots of the threads that have a share of a lock. */
function* holdersOf(lock: number): Generator<number> {
  for (const slot of slots()) if (holds(slot, lock)) yield slot
}

function holds(slot: number, lock: number): boolean {
  const id = Atomics.load(i32, (slot + SLOT_ID) >> 2)
  if (id === 0) return false
  if (sizeOfLock(lock) === 64) return Atomics.load(i32, (lock + MUTEX_LOCK) >> 2) === id
  return core.rwHeld(slot, lock) !== 0
}

/**
 * Where this thread took a lock that it alone holds; '' if that is not known. Undefined if another thread has a share of
 * it, or none has.
 */
export function ownHold(lock: number): string | undefined {
  let ours = false
  for (const holder of holdersOf(lock)) {
    if (holder !== self) return undefined
    ours = true
  }
  return ours ? placeTaken(lock) : undefined
}

function describe(slots: readonly number[]): DeadlockError {
  let noted = true
  const says = slots.map((slot, i) => {
    const next = slots[(i + 1) % slots.length]
    const lock = i32[(slot + SLOT_WAITS) >> 2]
    const place = whereTaken(placesOf(next), lock)
    noted &&= place !== undefined
    const has = place === undefined ? 'holds' : `took at ${place}`
    return `${nameOf(slot)} waits for ${nameOfLock(lock)} that ${nameOf(next)} ${has} (${whereBlocked(placesOf(slot))})`
  })
  const more = noted
    ? ''
    : ' FEARLESS_DEADLOCKS=lines shows where each was taken, also without the compiler or `using`.'
  return new DeadlockError(
    `${says.join('; ')}. None of them would ever go on: take these locks in the same order everywhere.${more}`,
  )
}

const placesOf = (slot: number): string => loadText(i32[(slot + SLOT_SITE) >> 2])

export function nameOfLock(lock: number): string {
  if (sizeOfLock(lock) !== 64) return 'an RwLock'
  const kind = i32[(lock + LOCK_KIND) >> 2]
  if (kind === LOCK_REENTRANT) return 'a ReentrantMutex'
  return kind === LOCK_MUTEX ? 'a Mutex' : 'a Once, OnceLock or LazyLock'
}

function nameOf(slot: number): string {
  const thread = i32[(slot + SLOT_THREAD) >> 2]
  if (thread === 0) return 'thread "main"'
  const name = i32[(thread + THREAD_NAME) >> 2]
  return `thread "${name === 0 ? i32[(thread + THREAD_ID) >> 2] : loadText(name)}"`
}
