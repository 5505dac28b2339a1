/**
 * Deadlock detection for an event loop: every pending wait can be completed by this loop alone, and the loop has no
 * work left.
 *
 * - A wait is *stranded* if only code of this event loop can complete it: this thread holds the lock, or owns every
 *   handle of the object. A handle in a message, or of another thread, may complete the wait, so that wait is not
 *   stranded.
 * - The loop is kept alive while at least one wait is not stranded. Once all are stranded, the loop is not kept alive.
 *   The runtime then reports exactly when nothing is pending (no timer, socket, file or thread-pool job), because it is
 *   about to exit.
 * - The garbage collector runs first, because a guard or a sender that became garbage may complete a wait. If all waits
 *   are still stranded, the newest one fails with `DeadlockError`: it closed the cycle, and its unwinding may complete
 *   the others.
 * - A join is stranded if its thread sleeps without a time limit, and only this loop or such sleepers could wake it.
 *   These threads are the largest set of sleepers none of which a thread outside of the set could wake.
 * - A thread that handles signals is never stranded, because a signal handler does not keep an event loop alive.
 */
import { HANDLES, WAITERS } from '../core/alloc.ts'
import { BARRIER_QUEUE, BARRIER_OWNERS, BARRIER_WEAKS } from '../core/barrier.ts'
import { CHANNEL_HANDLES, CHANNEL_RECEIVING, CHANNEL_SENDING } from '../core/channel.ts'
import { CONDVAR_QUEUE, CONDVAR_OWNERS, CONDVAR_WEAKS } from '../core/condvar.ts'
import { OWNER_COUNT } from '../core/count.ts'
import { HANDLE_KIND, HANDLE_OBJECT } from '../core/handles.ts'
import { self } from '../core/index.ts'
import { SLOT_ID, SLOT_THREAD } from '../core/layout.ts'
import { get, load } from '../core/memory.ts'
import { MUTEX_QUEUE } from '../core/mutex.ts'
import { ONESHOT_CLOSING, ONESHOT_RECEIVING } from '../core/oneshot.ts'
import { SEMAPHORE_QUEUE, SEMAPHORE_OWNERS, SEMAPHORE_WEAKS } from '../core/semaphore.ts'
import { GROUP_HANDLES, GROUP_QUEUE } from '../core/wait-group.ts'
import { WAITER_QUEUE, WAITER_QUEUED, WAITER_SLEEP, WAITER_SLOT, WAITER_STATE } from '../core/wait-queue.ts'
import { platform } from '#platform'
import { DeadlockError } from '../errors.ts'
import { ownerOf } from '../memory/handles/handle.ts'
import { threadSlots, objectsOfClass } from '../memory/heap.ts'
import {
  BARRIER,
  CONDVAR,
  ONCE_RECEIVER,
  ONCE_SENDER,
  RECEIVER,
  SEMAPHORE,
  SENDER,
  SHARED_RECEIVER,
  SYNC_SENDER,
  WAIT_GROUP,
} from '../memory/handles/kinds.ts'
import { isStatic } from '../memory/codec/statics.ts'
import { monotonicNow, type Operation, type StrandedWait } from './operation.ts'
import { deadlockDetectionEnabled, lockOfQueue, describeLock, locationOfExclusiveHold } from './deadlock.ts'

/** A pending wait of this event loop. */
export interface PendingLoopWait {
  /** Returns a description of the wait and a repair, if the wait is stranded. */
  stranded(): StrandedWait | undefined
  /** Fails the wait with this error, unless it has been woken. */
  refuse(error: DeadlockError): void
  /** Called when the thread has ended: unregisters the waiter; the promise never settles. */
  abandon(): void
}

/**
 * The offsets of an object's handle counts. `all` includes handles in messages. `weak` counts the weak handles, plus
 * one for all strong ones.
 */
interface Counts {
  readonly all: number
  readonly weak?: number
}

interface Waited extends StrandedWait {
  /** Used in the description of a join, where the wait is another thread's. */
  readonly name: string
  /** The offset of the object's wait queue for such waits. */
  readonly queue: number
  /** Absent if the object has exactly two handles, which are moved and never cloned. */
  readonly counts?: Counts
}

const MESSAGE = {
  name: 'a message of a channel',
  what: 'a message of a channel whose senders all belong to this thread',
  repair: 'Call `drop(tx)` on the senders before you receive, or send from another thread.',
}
const ROOM: Waited = {
  name: 'room in a channel',
  queue: CHANNEL_SENDING,
  what: 'room in a channel, or for its closing, but its receivers all belong to this thread',
  repair:
    'Receive in another thread or task, increase the capacity, or call `drop(rx)` before you wait for the closing.',
  counts: { all: CHANNEL_HANDLES },
}

function onlyHere(name: string, queue: number, counts: Counts): Waited {
  return {
    name,
    queue,
    what: `${name} that no other thread has a handle of`,
    repair: 'Share it with another thread, or do the other part before you wait.',
    counts,
  }
}

/** The handle kinds whose objects change only through handles, and the description of a wait with such a handle. */
const WAITED: ReadonlyMap<number, Waited> = new Map([
  [RECEIVER, { ...MESSAGE, queue: CHANNEL_RECEIVING, counts: { all: CHANNEL_HANDLES } }],
  [SHARED_RECEIVER, { ...MESSAGE, queue: CHANNEL_RECEIVING, counts: { all: CHANNEL_HANDLES } }],
  [ONCE_RECEIVER, { ...MESSAGE, queue: ONESHOT_RECEIVING }],
  [SENDER, ROOM],
  [SYNC_SENDER, ROOM],
  [
    ONCE_SENDER,
    {
      name: 'the drop of a receiver',
      queue: ONESHOT_CLOSING,
      what: 'the drop of a receiver that belongs to this thread',
      repair: 'Call `drop(rx)` or `rx.close()` before, or move the receiver to another thread.',
    },
  ],
  [BARRIER, onlyHere('a Barrier', BARRIER_QUEUE, { all: BARRIER_OWNERS, weak: BARRIER_WEAKS })],
  [CONDVAR, onlyHere('a Condvar', CONDVAR_QUEUE, { all: CONDVAR_OWNERS, weak: CONDVAR_WEAKS })],
  [SEMAPHORE, onlyHere('a Semaphore', SEMAPHORE_QUEUE, { all: SEMAPHORE_OWNERS, weak: SEMAPHORE_WEAKS })],
  [WAIT_GROUP, onlyHere('a WaitGroup', GROUP_QUEUE, { all: GROUP_HANDLES })],
])

/** Returns a description of an attempt if only this event loop can complete it. Undefined otherwise. */
export function describeStranded(attempt: Operation<unknown>, waiter: number): StrandedWait | undefined {
  if (attempt.deadline !== Infinity) return undefined
  if (attempt.strandedBy !== undefined) return attempt.strandedBy()
  const lock = lockOfQueue(get(waiter + WAITER_QUEUE))
  if (lock !== 0) return strandedByLock(lock)
  // The handles of a Condvar's wait are the Condvar and its lock, in this order. Only handles of the Condvar notify.
  const [handle] = attempt.owners?.() ?? []
  if (handle === undefined || handle.record === 0) return undefined
  const waited = WAITED.get(get(handle.record + HANDLE_KIND))
  return waited !== undefined && ownsEveryHandle(handle.thing, waited.counts) ? waited : undefined
}

/**
 * RACE: a writer of another thread that gives up may admit a reader of ours. So no other thread may be in the lock's
 * wait queues.
 */
function strandedByLock(lock: number): StrandedWait | undefined {
  const place = locationOfExclusiveHold(lock)
  if (place === undefined) return undefined
  if ((locksOfOthers ?? findLocksOfOthers()).has(lock)) return undefined
  return {
    what: `${describeLock(lock)} that this thread holds itself${place === '' ? '' : `, acquired at ${place}`}`,
    repair: 'Release the first guard before: end the block of its `using`, or call `drop(guard)`.',
  }
}

/**
 * Returns whether this thread owns every handle of the object, and no other thread can get one by evaluating a module.
 *
 * RACE: other threads clone and drop handles concurrently, so a walk over the handle records may miss both of two. But
 * the object counts its handles. At the moment when that count equals the number of ours, no other thread and no
 * message has a handle, and none can get one later.
 */
export function ownsEveryHandle(thing: number, counts: Counts | undefined): boolean {
  if (handlesByThing !== undefined)
    return !isStatic(thing) && hasNoOthers(thing, counts, handlesByThing.get(thing) ?? 0)
  const id = get(self + SLOT_ID)
  return areOnlyOf(owner => owner === id, thing, counts)
}

/**
 * Returns whether the threads with such ids own every handle of the object. The handle records of a running thread may
 * only be read as far as the owner word.
 */
function areOnlyOf(isOne: (owner: number) => boolean, thing: number, counts: Counts | undefined): boolean {
  if (isStatic(thing)) return false
  let ours = 0
  for (const record of objectsOfClass(HANDLES))
    if (isOne(ownerOf(record)) && get(record + HANDLE_OBJECT) === thing) ours++
  return hasNoOthers(thing, counts, ours)
}

function hasNoOthers(thing: number, counts: Counts | undefined, ours: number): boolean {
  if (counts === undefined) return ours === 2
  const weak = counts.weak === undefined ? 1 : load(thing + counts.weak)
  return weak === 1 && (load(thing + counts.all) & OWNER_COUNT) === ours
}

/** A thread that sleeps without a time limit. */
interface Sleeper {
  readonly slot: number
  readonly id: number
  readonly waiter: number
  readonly sleep: number
}

/**
 * Returns a description of a thread's wait if only this event loop, or threads that are stranded as well, could
 * complete it. Undefined otherwise.
 */
export function describeStrandedThread(thread: number): StrandedWait | undefined {
  const slot = threadSlots().find(at => load(at + SLOT_THREAD) === thread)
  return slot === undefined ? undefined : describeStrandedSlot(slot)
}

/** Returns the same for the thread in a slot. */
export function describeStrandedSlot(slot: number): StrandedWait | undefined {
  const awaited = (stuck ??= stuckSlots()).get(slot)
  if (awaited === undefined) return undefined
  return {
    what: `a thread that waits for ${awaited}`,
    repair:
      'End its wait before you join the thread: send a message, release the lock, or call `drop(tx)` on the sender.',
  }
}

/**
 * Returns the largest set of sleepers none of which a thread outside of the set could wake: their slots, each with a
 * description of its wait.
 */
function stuckSlots(): ReadonlyMap<number, string> {
  let sleepers = findSleepers()
  const name = new Map<Sleeper, string>()
  for (let size = -1; size !== sleepers.length;) {
    size = sleepers.length
    const ids = new Set([get(self + SLOT_ID), ...sleepers.map(({ id }) => id)])
    sleepers = sleepers.filter(sleeper => {
      const what = describeIfOnlyFrom(ids, sleeper)
      if (what !== undefined) name.set(sleeper, what)
      return what !== undefined
    })
  }
  // RACE: a thread outside of the set may have woken a sleeper and dropped its handle before we counted. Such a sleeper
  // has not slept all the time. If all sleepers have, no thread outside had a handle when we counted, and none can get
  // one later.
  if (!sleepers.every(stillSleeps)) return new Map()
  return new Map(sleepers.map(sleeper => [sleeper.slot, name.get(sleeper)!]))
}

function findSleepers(): Sleeper[] {
  const found: Sleeper[] = []
  for (const waiter of objectsOfClass(WAITERS)) {
    const slot = load(waiter + WAITER_SLOT)
    const sleep = load(waiter + WAITER_SLEEP)
    if (slot === 0 || sleep === 0 || slot === self) continue
    const sleeper = { slot, id: load(slot + SLOT_ID), waiter, sleep }
    if (sleeper.id !== 0 && stillSleeps(sleeper)) found.push(sleeper)
  }
  return found
}

/** Returns whether this sleeper has slept since it was found, without a wake-up. */
function stillSleeps({ slot, waiter, sleep }: Sleeper): boolean {
  return (
    load(waiter + WAITER_STATE) === WAITER_QUEUED &&
    load(waiter + WAITER_SLOT) === slot &&
    load(waiter + WAITER_SLEEP) === sleep
  )
}

/** Returns the name of a sleeper's wait if only threads with these ids could complete it. Undefined otherwise. */
function describeIfOnlyFrom(ids: ReadonlySet<number>, { id, waiter }: Sleeper): string | undefined {
  const queue = load(waiter + WAITER_QUEUE)
  const lock = lockOfQueue(queue)
  if (lock !== 0) {
    // Only a waiter for the lock word qualifies: a reader may also be admitted when an earlier writer gives up.
    return queue === lock + MUTEX_QUEUE && locationOfExclusiveHold(lock) !== undefined
      ? `${describeLock(lock)} that this thread holds`
      : undefined
  }
  for (const record of objectsOfClass(HANDLES)) {
    if (ownerOf(record) !== id) continue
    const waited = WAITED.get(get(record + HANDLE_KIND))
    const thing = get(record + HANDLE_OBJECT)
    if (waited === undefined || thing + waited.queue !== queue) continue
    if (!areOnlyOf(owner => ids.has(owner), thing, waited.counts)) return undefined
    return `${waited.name} whose other handles belong to this thread, or to threads that wait as well`
  }
  return undefined
}

// Caches for one pass over all waits of this thread, during which the thread runs nothing else. Before, each of 10,000
// waits walked all handle records, and one pass took 2 s (task/growth.bench.ts).

/** The locks that waiters of other threads wait for. */
let locksOfOthers: ReadonlySet<number> | undefined
/** The number of handles that this thread owns, by object. */
let handlesByThing: ReadonlyMap<number, number> | undefined
/** The descriptions of the stranded threads' waits, by slot. */
let stuck: ReadonlyMap<number, string> | undefined

function findLocksOfOthers(): ReadonlySet<number> {
  const locks = new Set<number>()
  for (const waiter of objectsOfClass(WAITERS)) {
    const slot = load(waiter + WAITER_SLOT)
    if (slot !== 0 && slot !== self) locks.add(lockOfQueue(load(waiter + WAITER_QUEUE)))
  }
  return locks
}

function countHandles(): ReadonlyMap<number, number> {
  const id = get(self + SLOT_ID)
  const counted = new Map<number, number>()
  for (const record of objectsOfClass(HANDLES)) {
    // RACE: another thread may be writing the other words of its handle record, so only records of this thread are
    // read.
    if (ownerOf(record) !== id) continue
    const thing = get(record + HANDLE_OBJECT)
    counted.set(thing, (counted.get(thing) ?? 0) + 1)
  }
  return counted
}

const loop = deadlockDetectionEnabled ? platform.eventLoop : undefined

/** The time from the oldest wait to the first check, in milliseconds; it doubles for each further check. */
const FIRST_CHECK_MS = 200
const LONGEST_CHECK_INTERVAL_MS = 5000

/** The pending waits of this event loop, oldest first. */
const pendingWaits = new Set<PendingLoopWait>()
/** Whether the pending waits keep the event loop alive. */
let keepsAlive = false
let checkIsScheduled = false
let interval = FIRST_CHECK_MS
let watchesEnd = false
/** Whether the garbage collector has run since the last wait started or ended. */
let collected = false

/**
 * The interface to the search for Waits that were never waited for: `stands` tells that search whether waits are
 * pending, and the search provides `list`.
 */
export const unwaitedSearch = {
  stands: (): boolean => pendingWaits.size > 0,
  list: (): readonly string[] => [],
}

export function addPendingWait(wait: PendingLoopWait): void {
  pendingWaits.add(wait)
  collected = false
}

export function removePendingWait(wait: PendingLoopWait): void {
  pendingWaits.delete(wait)
  interval = FIRST_CHECK_MS
  collected = false
}

/** The pending waits of this thread, which has ended. */
export function pendingWaitsOfLoop(): Iterable<PendingLoopWait> {
  return pendingWaits
}

/** Keeps the event loop alive, because it has a pending wait. */
export function keepLoopAlive(): void {
  if (keepsAlive) return
  keepsAlive = true
  platform.stayAlive(true)
  if (loop !== undefined && !checkIsScheduled) scheduleCheck()
}

export function letLoopExit(): void {
  keepsAlive = false
  platform.stayAlive(false)
}

/**
 * Schedules the next check. `lastDuration` is the duration of the last check; checks take at most a 20th of the time.
 */
function scheduleCheck(lastDuration = 0): void {
  checkIsScheduled = true
  loop!.later(checkWaits, Math.max(interval, lastDuration * 20))
}

function checkWaits(): void {
  checkIsScheduled = false
  if (pendingWaits.size === 0) return
  const begin = monotonicNow()
  if (!areAllStranded()) keepLoopAlive()
  else if (keepsAlive) {
    letLoopExit()
    if (!watchesEnd) loop!.beforeEnd(atEnd)
    watchesEnd = true
  }
  interval = Math.min(LONGEST_CHECK_INTERVAL_MS, interval * 2)
  scheduleCheck(monotonicNow() - begin)
}

function areAllStranded(): boolean {
  if (loop!.mayBeSignalled()) return false
  stuck = undefined
  try {
    for (const wait of pendingWaits) {
      if (wait.stranded() === undefined) return false
      locksOfOthers ??= findLocksOfOthers()
      handlesByThing ??= countHandles()
    }
    return true
  } finally {
    locksOfOthers = undefined
    handlesByThing = undefined
  }
}

/** Called when nothing else is pending and the runtime is about to exit. */
function atEnd(): void {
  if (keepsAlive || pendingWaits.size === 0) return
  if (!areAllStranded()) return keepLoopAlive()
  if (!collected) {
    collected = true
    // If finalizers release something, its waiters are woken; otherwise this function is called again.
    loop!.collectGarbage()
    return
  }
  const last = [...pendingWaits].at(-1)!
  const { what, repair } = last.stranded()!
  const dropped = unwaitedSearch.list()
  const hint = dropped.length === 0 ? '' : ` Not waited for until now: ${dropped.join(', ')}.`
  last.refuse(
    new DeadlockError(
      `This event loop waits for ${what}, and it has no other work that could end the wait. ${repair}${hint}`,
    ),
  )
}
