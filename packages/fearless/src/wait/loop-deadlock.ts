/**
 * Deadlocks of an event loop: every wait of it can be ended by this loop alone, and the loop has nothing left to run.
 *
 * - A wait is *stranded* if only code of this event loop can end it: the lock is held by this thread, or every handle of
 *   the thing belongs to this thread. A handle in a message, or of another thread, may end the wait: then it is not.
 * - While some wait is not stranded, the loop is kept alive. Once all are, it is not: the runtime then says exactly when
 *   nothing is pending (no timer, socket, file, job of the thread pool), because it is about to end.
 * - First the garbage collector is asked: a guard or a sender that became garbage may end a wait. If none did, the wait
 *   that began last fails with `DeadlockError`: it closed the circle, and what it unwinds may end the others.
 *
 * A join is stranded if its thread sleeps without a limit of time, and only this loop, or threads that sleep so as well, could wake
 * it: the threads of a circle, found as the largest set of sleepers none of which a thread outside of it could wake.
 *
 * A thread that can be signalled is never stranded, because the handler of a signal keeps no event loop alive.
 */
import { HANDLES, WAITERS } from '../core/alloc.ts'
import { BARRIER_LINE, BARRIER_OWNERS, BARRIER_WEAKS } from '../core/barrier.ts'
import { CHANNEL_HANDLES, CHANNEL_RECEIVING, CHANNEL_SENDING } from '../core/channel.ts'
import { CONDVAR_LINE, CONDVAR_OWNERS, CONDVAR_WEAKS } from '../core/condvar.ts'
import { OWNER_COUNT } from '../core/count.ts'
import { HANDLE_KIND, HANDLE_THING } from '../core/handles.ts'
import { self } from '../core/index.ts'
import { SLOT_ID, SLOT_THREAD } from '../core/layout.ts'
import { MUTEX_QUEUE } from '../core/mutex.ts'
import { ONESHOT_CLOSING, ONESHOT_RECEIVING } from '../core/oneshot.ts'
import { SEMAPHORE_LINE, SEMAPHORE_OWNERS, SEMAPHORE_WEAKS } from '../core/semaphore.ts'
import { GROUP_HANDLES, GROUP_LINE } from '../core/wait-group.ts'
import { WAITER_QUEUE, WAITER_QUEUED, WAITER_SLEEP, WAITER_SLOT, WAITER_STATE } from '../core/wait-queue.ts'
import { platform } from '#platform'
import { DeadlockError } from '../errors.ts'
import { ownerOf } from '../memory/handles/handle.ts'
import { i32, slots, things } from '../memory/heap.ts'
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
import { now, type Attempt } from './attempt.ts'
import { looks, lockOf, nameOfLock, ownHold } from './deadlock.ts'

/** A wait of this event loop. */
export interface LoopWait {
  /** What it waits for and a repair, if it is stranded. */
  stranded(): Stranded | undefined
  /** It fails, unless it was woken meanwhile. */
  refuse(error: DeadlockError): void
  /** Its thread has ended: it leaves its line and never settles. */
  abandon(): void
}

export interface Stranded {
  /** After "waits for". */
  readonly what: string
  readonly repair: string
}

/** Where a thing counts its handles, those in messages too; `weak` where it counts the weak ones, and one for all others. */
interface Counts {
  readonly all: number
  readonly weak?: number
}

interface Waited extends Stranded {
  /** In a thread. */
  readonly name: string
  /** Where in the thing those stand who wait for it. */
  readonly queue: number
  /** Absent where a thing has two handles, which move and are never doubled. */
  readonly counts?: Counts
}

const MESSAGE = {
  name: 'a message of a channel',
  what: 'a message of a channel, every sender of which belongs to this thread',
  repair: 'Drop the senders before you receive (`drop(tx)`), or send from another thread.',
}
const ROOM: Waited = {
  name: 'room in a channel',
  queue: CHANNEL_SENDING,
  what: 'room in a channel, or for its end, and every receiver of it belongs to this thread',
  repair: 'Receive in another thread or task, make the channel larger, or drop the receiver before you wait for that.',
  counts: { all: CHANNEL_HANDLES },
}

function onlyHere(name: string, queue: number, counts: Counts): Waited {
  return {
    name,
    queue,
    what: `${name} that no other thread has`,
    repair: 'Give another thread a handle of it, or do the other part before you wait.',
    counts,
  }
}

/** Kinds whose things change through their handles only, and what a wait with such a handle waits for. */
const WAITED: ReadonlyMap<number, Waited> = new Map([
  [RECEIVER, { ...MESSAGE, queue: CHANNEL_RECEIVING, counts: { all: CHANNEL_HANDLES } }],
  [SHARED_RECEIVER, { ...MESSAGE, queue: CHANNEL_RECEIVING, counts: { all: CHANNEL_HANDLES } }],
  [ONCE_RECEIVER, { ...MESSAGE, queue: ONESHOT_RECEIVING }],
  [SENDER, ROOM],
  [SYNC_SENDER, ROOM],
  [
    ONCE_SENDER,
    {
      name: 'the end of a receiver',
      queue: ONESHOT_CLOSING,
      what: 'the end of a receiver that belongs to this thread',
      repair: 'Drop or close the receiver before, or give it to another thread.',
    },
  ],
  [BARRIER, onlyHere('a Barrier', BARRIER_LINE, { all: BARRIER_OWNERS, weak: BARRIER_WEAKS })],
  [CONDVAR, onlyHere('a Condvar', CONDVAR_LINE, { all: CONDVAR_OWNERS, weak: CONDVAR_WEAKS })],
  [SEMAPHORE, onlyHere('a Semaphore', SEMAPHORE_LINE, { all: SEMAPHORE_OWNERS, weak: SEMAPHORE_WEAKS })],
  [WAIT_GROUP, onlyHere('a WaitGroup', GROUP_LINE, { all: GROUP_HANDLES })],
])

/** Whether only this event loop can end an attempt that stands in line as this waiter, or with these handles. */
export function strandedBy(attempt: Attempt<unknown>, waiter: number): Stranded | undefined {
  if (attempt.deadline !== Infinity) return undefined
  if (attempt.stranded !== undefined) return attempt.stranded()
  const lock = lockOf(i32[(waiter + WAITER_QUEUE) >> 2])
  if (lock !== 0) return strandedByLock(lock)
  // Of a Condvar and the lock it gives back, the Condvar is the first: only its handles notify.
  const [handle] = attempt.owners?.() ?? []
  if (handle === undefined || handle.record === 0) return undefined
  const waited = WAITED.get(i32[(handle.record + HANDLE_KIND) >> 2])
  return waited !== undefined && isOnlyOurs(handle.thing, waited.counts) ? waited : undefined
}

/** RACE: a writer of another thread that gives up may let a reader of ours in, so no other thread may stand in its lines. */
function strandedByLock(lock: number): Stranded | undefined {
  const place = ownHold(lock)
  if (place === undefined) return undefined
  if ((locksOfOthers ?? findLocksOfOthers()).has(lock)) return undefined
  return {
    what: `${nameOfLock(lock)} that this thread holds itself${place === '' ? '' : `, taken at ${place}`}`,
    repair: 'Release the first guard before: end the block of its `using`, or `drop(guard)`.',
  }
}

/**
 * Whether this thread owns every handle of the thing, and no other one gets a handle by evaluating a module.
 *
 * RACE: others clone and end handles meanwhile, so a walk that looks for theirs may see neither of two. The thing counts them:
 * at the moment when the count is that of ours, no other thread and no message has one, and so none ever will.
 */
export function isOnlyOurs(thing: number, counts: Counts | undefined): boolean {
  if (handlesByThing !== undefined)
    return !isStatic(thing) && hasNoOthers(thing, counts, handlesByThing.get(thing) ?? 0)
  const id = i32[(self + SLOT_ID) >> 2]
  return areOnlyOf(owner => owner === id, thing, counts)
}

/** Whether the threads with such ids own every handle of the thing. What is in a record of a thread that runs is not ours to read. */
function areOnlyOf(isOne: (owner: number) => boolean, thing: number, counts: Counts | undefined): boolean {
  if (isStatic(thing)) return false
  let ours = 0
  for (const record of things(HANDLES))
    if (isOne(ownerOf(record)) && i32[(record + HANDLE_THING) >> 2] === thing) ours++
  return hasNoOthers(thing, counts, ours)
}

function hasNoOthers(thing: number, counts: Counts | undefined, ours: number): boolean {
  if (counts === undefined) return ours === 2
  const weak = counts.weak === undefined ? 1 : Atomics.load(i32, (thing + counts.weak) >> 2)
  return weak === 1 && (Atomics.load(i32, (thing + counts.all) >> 2) & OWNER_COUNT) === ours
}

/** A thread that sleeps without a limit of time. */
interface Sleeper {
  readonly slot: number
  readonly id: number
  readonly waiter: number
  readonly sleep: number
}

/** What a thread waits for, if only this event loop could end that, or threads that never go on either. */
export function strandedThread(thread: number): Stranded | undefined {
  const slot = slots().find(at => Atomics.load(i32, (at + SLOT_THREAD) >> 2) === thread)
  return slot === undefined ? undefined : strandedSlot(slot)
}

/** The same for the thread in a slot. */
export function strandedSlot(slot: number): Stranded | undefined {
  const what = (stuck ??= stuckSlots()).get(slot)
  if (what === undefined) return undefined
  return {
    what: `a thread that waits for ${what}`,
    repair: 'Do what it waits for before you wait for the thread: send, release, or drop the sender (`drop(tx)`).',
  }
}

/** The slots of the sleepers none of which a thread that is no such sleeper could wake, and what each waits for. */
function stuckSlots(): ReadonlyMap<number, string> {
  let sleepers = allSleepers()
  const name = new Map<Sleeper, string>()
  for (let size = -1; size !== sleepers.length;) {
    size = sleepers.length
    const ids = new Set([i32[(self + SLOT_ID) >> 2], ...sleepers.map(({ id }) => id)])
    sleepers = sleepers.filter(sleeper => {
      const what = onlyFrom(ids, sleeper)
      if (what !== undefined) name.set(sleeper, what)
      return what !== undefined
    })
  }
  // RACE: a thread outside may have woken one of them, and have dropped its handle before we counted. Then that one has not slept
  // all the time; if all have, no thread outside had a handle when we counted, and so none ever will.
  if (!sleepers.every(sleepsStill)) return new Map()
  return new Map(sleepers.map(sleeper => [sleeper.slot, name.get(sleeper)!]))
}

function allSleepers(): Sleeper[] {
  const found: Sleeper[] = []
  for (const waiter of things(WAITERS)) {
    const slot = Atomics.load(i32, (waiter + WAITER_SLOT) >> 2)
    const sleep = Atomics.load(i32, (waiter + WAITER_SLEEP) >> 2)
    if (slot === 0 || sleep === 0 || slot === self) continue
    const sleeper = { slot, id: Atomics.load(i32, (slot + SLOT_ID) >> 2), waiter, sleep }
    if (sleeper.id !== 0 && sleepsStill(sleeper)) found.push(sleeper)
  }
  return found
}

/** It has slept since it was found, and no thread has woken it. */
function sleepsStill({ slot, waiter, sleep }: Sleeper): boolean {
  return (
    Atomics.load(i32, (waiter + WAITER_STATE) >> 2) === WAITER_QUEUED &&
    Atomics.load(i32, (waiter + WAITER_SLOT) >> 2) === slot &&
    Atomics.load(i32, (waiter + WAITER_SLEEP) >> 2) === sleep
  )
}

/** The name of what a sleeper waits for, if only threads with these ids could end that. */
function onlyFrom(ids: ReadonlySet<number>, { id, waiter }: Sleeper): string | undefined {
  const queue = Atomics.load(i32, (waiter + WAITER_QUEUE) >> 2)
  const lock = lockOf(queue)
  if (lock !== 0) {
    // A reader may get in as well when a writer before it gives up.
    return queue === lock + MUTEX_QUEUE && ownHold(lock) !== undefined
      ? `${nameOfLock(lock)} that this thread holds`
      : undefined
  }
  for (const record of things(HANDLES)) {
    if (ownerOf(record) !== id) continue
    const waited = WAITED.get(i32[(record + HANDLE_KIND) >> 2])
    const thing = i32[(record + HANDLE_THING) >> 2]
    if (waited === undefined || thing + waited.queue !== queue) continue
    if (!areOnlyOf(owner => ids.has(owner), thing, waited.counts)) return undefined
    return `${waited.name} whose other handles belong to this thread, or to threads that wait as well`
  }
  return undefined
}

// What this thread has counted while it looks at all its waits, and does nothing else. Each wait of 10,000 had a walk of its own over
// all handles, and a look took 2 s (task/growth.bench.ts).

/** The locks for which waiters of other threads stand in line. */
let locksOfOthers: ReadonlySet<number> | undefined
/** How many handles of each thing this thread owns. */
let handlesByThing: ReadonlyMap<number, number> | undefined
/** What the threads that never go on wait for, by slot. */
let stuck: ReadonlyMap<number, string> | undefined

function findLocksOfOthers(): ReadonlySet<number> {
  const locks = new Set<number>()
  for (const waiter of things(WAITERS)) {
    const slot = Atomics.load(i32, (waiter + WAITER_SLOT) >> 2)
    if (slot !== 0 && slot !== self) locks.add(lockOf(Atomics.load(i32, (waiter + WAITER_QUEUE) >> 2)))
  }
  return locks
}

function countHandles(): ReadonlyMap<number, number> {
  const id = i32[(self + SLOT_ID) >> 2]
  const counted = new Map<number, number>()
  for (const record of things(HANDLES)) {
    // What is in a record of another thread is not ours to read.
    if (ownerOf(record) !== id) continue
    const thing = i32[(record + HANDLE_THING) >> 2]
    counted.set(thing, (counted.get(thing) ?? 0) + 1)
  }
  return counted
}

const loop = looks ? platform.eventLoop : undefined

/** How long all waits stand before they are looked at, in milliseconds; then twice as long, and so on. */
const FIRST_LOOK_MS = 200
const LAST_LOOK_MS = 5000

/** The waits of this event loop, oldest first. */
const standing = new Set<LoopWait>()
/** Whether the waits keep the event loop alive. */
let keepsAlive = false
let lookIsDue = false
let interval = FIRST_LOOK_MS
let watchesEnd = false
/** The garbage collector has run since a wait ended or began. */
let collected = false

/** What the search for Waits that were never waited for knows, and wants to know; it fills in `list`. */
export const dropsSeen = {
  stands: (): boolean => standing.size > 0,
  list: (): readonly string[] => [],
}

export function beginStanding(wait: LoopWait): void {
  standing.add(wait)
  collected = false
}

export function endStanding(wait: LoopWait): void {
  standing.delete(wait)
  interval = FIRST_LOOK_MS
  collected = false
}

/** The waits of this thread, which has ended. */
export function allStanding(): Iterable<LoopWait> {
  return standing
}

/** This event loop waits for something: it must not end meanwhile. */
export function keepAlive(): void {
  if (keepsAlive) return
  keepsAlive = true
  platform.stayAlive(true)
  if (loop !== undefined && !lookIsDue) lookLater()
}

export function letEnd(): void {
  keepsAlive = false
  platform.stayAlive(false)
}

/** `afterLook`: how long a look has taken, which is at most a 20th of the time. */
function lookLater(afterLook = 0): void {
  lookIsDue = true
  loop!.later(look, Math.max(interval, afterLook * 20))
}

function look(): void {
  lookIsDue = false
  if (standing.size === 0) return
  const begin = now()
  if (!areAllStranded()) keepAlive()
  else if (keepsAlive) {
    letEnd()
    if (!watchesEnd) loop!.beforeEnd(atEnd)
    watchesEnd = true
  }
  interval = Math.min(LAST_LOOK_MS, interval * 2)
  lookLater(now() - begin)
}

function areAllStranded(): boolean {
  if (loop!.mayBeSignalled()) return false
  stuck = undefined
  try {
    for (const wait of standing) {
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

/** Nothing is pending, and the event loop would end now. */
function atEnd(): void {
  if (keepsAlive || standing.size === 0) return
  if (!areAllStranded()) return keepAlive()
  if (!collected) {
    collected = true
    // What the finalizers release wakes its waiters; else the event loop is at its end once more.
    loop!.collectGarbage()
    return
  }
  const last = [...standing].at(-1)!
  const { what, repair } = last.stranded()!
  const dropped = dropsSeen.list()
  const hint = dropped.length === 0 ? '' : ` Not waited for until now: ${dropped.join(', ')}.`
  last.refuse(
    new DeadlockError(
      `This event loop waits for ${what}, and it has nothing else to do: it would wait for ever. ${repair}${hint}`,
    ),
  )
}
