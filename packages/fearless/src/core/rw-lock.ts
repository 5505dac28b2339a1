/**
 * A readers-writer lock, writer-preferring, after std's futex `RwLock`, but with a seat per reader instead of a count.
 *
 *   +0    MUTEX_POISONED  1 once a writer panicked or died
 *   +4    RW_WRITERS      wait queue of writers
 *   +16   WRITER          0, the slot id of the writer, or minus the id of a thread that announces itself as writer
 *   +20   MUTEX_OWNERS .. MUTEX_VERSION  as in mutex.ts; MUTEX_LOST counts lost writers
 *   +56   RW_READERS      wait queue of readers, including readers that want the upgrade seat
 *   +68   RW_UPGRADE      wait queue of the reader that waits to upgrade
 *   +80   RW_UPGRADER     the upgrade seat: 0, or the slot id of the one reader that may become the writer
 *   +84   MORE            more seats: a list that only grows, of allocations of MORE_BYTES: the address of the next one
 *                         and 15 seats
 *   +88   RW_SITE         source location that created it (memory/creation-sites.ts)
 *   +96   RW_SEATS        eight words, the seats: each 0, or the slot id of a reading thread
 *   +128  SEATS_END       end
 *
 * - Seats replace a count because a count does not tell which thread died. No word is a count, so no reader can be
 *   counted twice.
 * - A reader acquires a seat like a mutex, THEN checks the writer word. A writer announces itself in the writer word,
 *   THEN checks the seats. All four accesses are sequentially consistent, so of a concurrent reader and writer at least
 *   one sees the other.
 * - An exchange of the writer word decides which of the two backs off. A writer that saw no reader turns its
 *   announcement into a lock; a reader that meets an announcement removes it. Exactly one exchange succeeds and the
 *   loser backs off. So a reader and a writer never both back off, and cannot livelock.
 * - Writers have priority: a reader that sees a registered writer or upgrader does not take a seat.
 * - Not fair: another thread may overtake a woken waiter, which then registers again.
 * - WAKE: a thread that makes room (releases a seat or the writer word, or unregisters from the writers' queue) calls
 *   `wakeAdmitted` afterwards. Every waiter checks the lock again after it has registered.
 *
 * When a holder dies, its reaper clears its seats by its id. A dead writer leaves the lock poisoned (`rwAbandoned`).
 * Any thread may call `wakeAdmitted` at any time and any number of times. So the reaper calls it for every lock, and no
 * pending wake-up is announced.
 */
import { cas, get, load, set, store } from './memory.ts'
import { allocate, free } from './alloc.ts'
import { LOCKED, LOCKED_POISONED, MUTEX_LOCK, MUTEX_LOST, MUTEX_POISONED, MUTEX_QUEUE } from './mutex.ts'
import { hasWaiters, wakeAll, wakeOne } from './wait-queue.ts'
import { SLOT_HELD, SLOT_ID } from './layout.ts'

const WRITER: i32 = MUTEX_LOCK
export const RW_WRITERS: i32 = MUTEX_QUEUE
export const RW_READERS: i32 = 56
export const RW_UPGRADE: i32 = 68
const RW_UPGRADER: i32 = 80
const MORE: i32 = 84
export const RW_SITE: i32 = 88
export const RW_SEATS: i32 = 96
const SEATS_END: i32 = 128

const MORE_BYTES: i32 = 64

/** Results of `readTry` and others in place of a seat. */
export const READ_PENDING: i32 = 0
export const READ_NO_ROOM: i32 = -1

// Bits of the result of `rwHeld`.
export const HOLDS_WRITE: i32 = 1
export const HOLDS_UPGRADE: i32 = 2
export const HOLDS_READ: i32 = 4

/**
 * Acquires a seat. Returns its address, READ_PENDING if the lock has or awaits a writer, or READ_NO_ROOM if the heap is
 * full.
 */
export function readTry(self: i32, lock: i32): i32 {
  // A check without a seat saves a reader that would have to back off from taking one.
  if (mayRead(lock) == 0) return READ_PENDING
  const seat = takeSeat(self, lock)
  if (seat <= 0) return seat
  // ORDER: the seat, then the writer word. A writer accesses them in the opposite order.
  if (withoutWriter(lock) != 0) {
    set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)
    return seat
  }
  store(seat, 0)
  wakeAdmitted(self, lock)
  return READ_PENDING
}

/**
 * Returns whether no thread writes, and none will until the caller has released its seat.
 *
 * RACE: a writer whose announcement is removed here notices that, backs off and wakes the waiters that it excluded. A
 * writer that announces itself later checks the seats after our seat was taken.
 */
function withoutWriter(lock: i32): i32 {
  while (true) {
    const writer = load(lock + WRITER)
    if (writer >= 0) return writer == 0 ? 1 : 0
    if (cas(lock + WRITER, writer, 0) == writer) return 1
  }
}

/** Returns whether a reader would be admitted now. */
export function mayRead(lock: i32): i32 {
  if (load(lock + WRITER) != 0) return 0
  return hasWaiters(lock + RW_WRITERS) == 0 && hasWaiters(lock + RW_UPGRADE) == 0 ? 1 : 0
}

/** Returns whether a reader that wants the upgrade seat would be admitted now. */
export function mayReadUpgradable(lock: i32): i32 {
  return load(lock + RW_UPGRADER) == 0 ? mayRead(lock) : 0
}

/** Returns whether a writer would be admitted now. */
export function mayWrite(lock: i32): i32 {
  return load(lock + WRITER) == 0 && load(lock + RW_UPGRADER) == 0 && anyReader(lock) == 0 ? 1 : 0
}

/** Returns whether the reader in the upgrade seat could become the writer now. */
export function mayUpgrade(lock: i32): i32 {
  return load(lock + WRITER) == 0 && anyReader(lock) == 0 ? 1 : 0
}

/** Releases a seat. */
export function readUnlock(self: i32, lock: i32, seat: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  store(seat, 0)
  if (hasWaiters(lock + RW_WRITERS) != 0 || hasWaiters(lock + RW_UPGRADE) != 0) wakeAdmitted(self, lock)
}

/** Becomes the writer if no other thread holds the lock. Returns LOCKED or LOCKED_POISONED, or 0. */
export function writeTry(self: i32, lock: i32): i32 {
  if (load(lock + RW_UPGRADER) != 0 || anyReader(lock) != 0) return 0
  const id = get(self + SLOT_ID)
  if (cas(lock + WRITER, 0, 0 - id) != 0) return 0
  if (load(lock + RW_UPGRADER) == 0 && anyReader(lock) == 0 && cas(lock + WRITER, 0 - id, id) == 0 - id) {
    return writes(self, lock, 1)
  }
  stepBack(self, lock, id)
  return 0
}

function writes(self: i32, lock: i32, more: i32): i32 {
  set(self + SLOT_HELD, get(self + SLOT_HELD) + more)
  return get(lock + MUTEX_POISONED) == 0 ? LOCKED : LOCKED_POISONED
}

/**
 * Removes this thread's announcement after it found a reader, and wakes the waiters that the announcement has excluded.
 */
function stepBack(self: i32, lock: i32, id: i32): void {
  // An exchange, because a reader may have removed our announcement and another writer may have announced itself since.
  cas(lock + WRITER, 0 - id, 0)
  wakeAdmitted(self, lock)
}

/** Releases the lock of the writer. */
export function writeUnlock(self: i32, lock: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  store(lock + WRITER, 0)
  wakeAdmitted(self, lock)
}

/**
 * Turns the writer into a reader without a writer in between. Returns its seat, or READ_NO_ROOM if the heap is full.
 */
export function downgrade(self: i32, lock: i32): i32 {
  const seat = takeSeat(self, lock)
  if (seat <= 0) return seat
  store(lock + WRITER, 0)
  wakeAdmitted(self, lock)
  return seat
}

/** Acquires the upgrade seat: reads beside other readers, and may become the writer. Returns 1, or 0. */
export function upgradableTry(self: i32, lock: i32): i32 {
  if (mayRead(lock) == 0 || cas(lock + RW_UPGRADER, 0, get(self + SLOT_ID)) != 0) return 0
  if (withoutWriter(lock) != 0) {
    set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)
    return 1
  }
  store(lock + RW_UPGRADER, 0)
  wakeAdmitted(self, lock)
  return 0
}

/** Releases the upgrade seat. */
export function upgradableUnlock(self: i32, lock: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  store(lock + RW_UPGRADER, 0)
  wakeAdmitted(self, lock)
}

/**
 * Turns the reader in the upgrade seat into an ordinary reader without a writer in between. Returns its seat, or
 * READ_NO_ROOM if the heap is full.
 */
export function downgradeUpgradable(self: i32, lock: i32): i32 {
  const seat = takeSeat(self, lock)
  if (seat <= 0) return seat
  // ORDER: the seat, then the upgrade seat. A writer checks them in the opposite order, so it finds one of them taken.
  store(lock + RW_UPGRADER, 0)
  // An upgrade of this reader may wait. It fails now, because the reader has left the upgrade seat.
  wakeAll(self, lock + RW_UPGRADE)
  wakeAdmitted(self, lock)
  return seat
}

/**
 * Turns the reader in the upgrade seat into the writer if it is the only reader. Returns 1, or 0. No other thread
 * writes in between.
 */
export function upgradeTry(self: i32, lock: i32): i32 {
  if (anyReader(lock) != 0) return 0
  const id = get(self + SLOT_ID)
  // A writer may announce itself for a moment, until it sees that the upgrade seat is taken.
  if (cas(lock + WRITER, 0, 0 - id) != 0) return 0
  if (anyReader(lock) == 0 && cas(lock + WRITER, 0 - id, id) == 0 - id) {
    writes(self, lock, 0)
    store(lock + RW_UPGRADER, 0)
    return 1
  }
  stepBack(self, lock, id)
  return 0
}

/**
 * Wakes the waiters that the state of the lock admits. If the lock is held, nothing is to do, because the holder calls
 * this when it releases the lock. Every caller has made its own change before the call, so the last of concurrent
 * callers sees all changes, and wakes the waiters that they admit.
 */
export function wakeAdmitted(self: i32, lock: i32): void {
  if (load(lock + WRITER) != 0) return
  if (hasWaiters(lock + RW_UPGRADE) != 0) {
    if (anyReader(lock) != 0 || wakeOne(self, lock + RW_UPGRADE) != 0) return
  }
  if (hasWaiters(lock + RW_WRITERS) != 0) {
    if (load(lock + RW_UPGRADER) != 0 || anyReader(lock) != 0 || wakeOne(self, lock + RW_WRITERS) != 0) return
  }
  if (hasWaiters(lock + RW_READERS) != 0) wakeAll(self, lock + RW_READERS)
}

/** Releases all that the dead thread with this id held. Poisons the lock if it was the writer. Called by a reaper. */
export function rwAbandoned(self: i32, lock: i32, id: i32): void {
  for (let at: i32 = RW_SEATS; at < SEATS_END; at += 4) vacate(lock + at, id)
  for (let more = load(lock + MORE); more != 0; more = get(more)) {
    for (let at: i32 = 4; at < MORE_BYTES; at += 4) vacate(more + at, id)
  }
  vacate(lock + RW_UPGRADER, id)
  vacate(lock + WRITER, 0 - id)
  if (load(lock + WRITER) == id) {
    store(lock + MUTEX_POISONED, 1)
    store(lock + MUTEX_LOST, get(lock + MUTEX_LOST) + 1)
    store(lock + WRITER, 0)
  }
  wakeAdmitted(self, lock)
}

function vacate(word: i32, id: i32): void {
  // An exchange, because meanwhile a reader may remove an announcement and another writer may make its own.
  if (load(word) == id) cas(word, id, 0)
}

/** Returns the calling thread's share of the lock: HOLDS_WRITE, HOLDS_UPGRADE and HOLDS_READ, combined. */
export function rwHeld(self: i32, lock: i32): i32 {
  const id = get(self + SLOT_ID)
  let held: i32 = load(lock + WRITER) == id ? HOLDS_WRITE : 0
  if (load(lock + RW_UPGRADER) == id) held |= HOLDS_UPGRADE
  for (let at: i32 = RW_SEATS; at < SEATS_END; at += 4) if (load(lock + at) == id) held |= HOLDS_READ
  for (let more = load(lock + MORE); more != 0; more = get(more)) {
    for (let at: i32 = 4; at < MORE_BYTES; at += 4) if (load(more + at) == id) held |= HOLDS_READ
  }
  return held
}

/**
 * Returns whether a thread holds or tries the lock. It must not be freed then, because a guard may still write to it.
 */
export function rwInUse(lock: i32): i32 {
  return load(lock + WRITER) != 0 || load(lock + RW_UPGRADER) != 0 || anyReader(lock) != 0 ? 1 : 0
}

/** Frees the additional seats. Only for the last owner. */
export function freeSeats(self: i32, lock: i32): void {
  let more = load(lock + MORE)
  store(lock + MORE, 0)
  while (more != 0) {
    const next = get(more)
    free(self, more)
    more = next
  }
}

function anyReader(lock: i32): i32 {
  const seats: i32 = lock + RW_SEATS
  const first = load(seats) | load(seats + 4) | load(seats + 8) | load(seats + 12)
  if ((first | load(seats + 16) | load(seats + 20) | load(seats + 24) | load(seats + 28)) != 0) return 1
  for (let more = load(lock + MORE); more != 0; more = get(more)) {
    for (let at: i32 = 4; at < MORE_BYTES; at += 4) if (load(more + at) != 0) return 1
  }
  return 0
}

/** Acquires a seat. Starts at a different seat for each thread, because threads then seldom contend for one. */
function takeSeat(self: i32, lock: i32): i32 {
  const id = get(self + SLOT_ID)
  const seat = lock + RW_SEATS + ((id & 7) << 2)
  if (load(seat) == 0 && cas(seat, 0, id) == 0) return seat
  return takeAnySeat(self, lock, id)
}

function takeAnySeat(self: i32, lock: i32, id: i32): i32 {
  for (let at: i32 = RW_SEATS; at < SEATS_END; at += 4) {
    if (load(lock + at) == 0 && cas(lock + at, 0, id) == 0) return lock + at
  }
  for (let more = load(lock + MORE); more != 0; more = get(more)) {
    for (let at: i32 = 4; at < MORE_BYTES; at += 4) {
      if (load(more + at) == 0 && cas(more + at, 0, id) == 0) return more + at
    }
  }
  return addSeats(self, lock, id)
}

/** Adds an allocation with 15 seats and acquires the first. Returns its address, or READ_NO_ROOM. */
function addSeats(self: i32, lock: i32, id: i32): i32 {
  const block = allocate(self, MORE_BYTES)
  if (block == 0) return READ_NO_ROOM
  store(block + 4, id)
  for (let at: i32 = 8; at < MORE_BYTES; at += 4) store(block + at, 0)
  while (true) {
    const next = load(lock + MORE)
    set(block, next)
    // Passes the allocation to all threads that read the list. Its link never changes again.
    if (cas(lock + MORE, next, block) == next) return block + 4
  }
}
