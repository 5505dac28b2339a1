/**
 * A readers-writer lock: many read at a time, or one writes; who holds a share of it is written in it.
 *
 *   +0    writer: 0, the slot id of the thread that writes, or minus the id of one that looks whether it may
 *   +4    line of writers
 *   +16   poisoned, +20 owners, +24 writers lost, +28 what the value is, +32 number, +40 block, +44 length: as in mutex.ts
 *   +48   weak owners, +52 version of the value: as in mutex.ts
 *   +56   line of readers, and of those who want the upgrade seat
 *   +68   line of the one who waits to upgrade
 *   +80   upgrade seat: 0, or the slot id of the one reader who may become the writer
 *   +84   more seats: a list of blocks,  +0 next, then 15 seats;  it only grows
 *   +88   the line that made it (memory/sites.ts)
 *   +96   eight seats: each 0, or the slot id of a thread that reads
 *
 * Why seats and not a count: a count does not say who died. A reader takes a seat, as one takes a mutex, THEN looks at
 * the writer's word; a writer announces itself in its word, THEN looks at the seats. All four are sequentially consistent,
 * so of a reader and a writer who come together at least one sees the other. A dead thread's seats are found by its id and
 * emptied; nothing is ever counted, so nothing can be counted twice.
 *
 * Which of the two steps back is decided by one exchange of the writer's word: a writer that has seen no reader makes its
 * announcement a lock, a reader that meets an announcement takes it off. One of these exchanges fails, and who fails steps
 * back; so nobody steps back but for one who goes on, and two that meet again and again cannot keep each other out for ever.
 *
 * Writers come first: a reader who sees somebody in the line of writers, or an upgrade in waiting, does not take a seat.
 * Who was woken may still be overtaken; it then stands in line again.
 *
 * WAKE: whoever makes room for others (gives a seat or the writer's word back, or leaves the line of writers) calls
 * `settle` afterwards, and every waiter looks again after it has entered its line. `settle` may be called at any time,
 * by anybody, any number of times: so a reaper calls it for every lock there is, and no debt is kept on record.
 */
import { cas, get, load, set, store } from './memory.ts'
import { allocate, release } from './alloc.ts'
import { LOCKED, LOCKED_POISONED, MUTEX_LOCK, MUTEX_LOST, MUTEX_POISONED, MUTEX_QUEUE } from './mutex.ts'
import { hasWaiters, wakeAll, wakeOne } from './wait-queue.ts'
import { SLOT_HELD, SLOT_ID } from './layout.ts'

const WRITER: i32 = MUTEX_LOCK
export const RW_WRITERS: i32 = MUTEX_QUEUE
export const RW_READERS: i32 = 56
export const RW_UPGRADE: i32 = 68
export const RW_UPGRADER: i32 = 80
const MORE: i32 = 84
export const RW_SITE: i32 = 88
export const RW_SEATS: i32 = 96
const SEATS_END: i32 = 128

const MORE_BYTES: i32 = 64

/** What `readTry` answers instead of a seat. */
export const READ_PENDING: i32 = 0
export const READ_NO_ROOM: i32 = -1

// What a thread has of a lock, added up by `rwHeld`.
export const HOLDS_WRITE: i32 = 1
export const HOLDS_UPGRADE: i32 = 2
export const HOLDS_READ: i32 = 4

/** Takes a seat among the readers: its address; READ_PENDING if there is a writer, READ_NO_ROOM if the heap is full. */
export function readTry(self: i32, lock: i32): i32 {
  // A glance: who would have to step back again need not take a seat.
  if (mayRead(lock) == 0) return READ_PENDING
  const seat = takeSeat(self, lock)
  if (seat <= 0) return seat
  // ORDER: the seat, then the writer's word. A writer does it the other way round.
  if (withoutWriter(lock) != 0) {
    set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)
    return seat
  }
  store(seat, 0)
  settle(self, lock)
  return READ_PENDING
}

/**
 * Whether nobody writes, nor will before the seat that the caller has taken is empty again.
 *
 * RACE: a writer whose announcement is taken off here finds that out, steps back and lets in whom it kept out. One that
 * announces itself after the look looks at the seats after our seat was taken.
 */
function withoutWriter(lock: i32): i32 {
  while (true) {
    const writer = load(lock + WRITER)
    if (writer >= 0) return writer == 0 ? 1 : 0
    if (cas(lock + WRITER, writer, 0) == writer) return 1
  }
}

/** Whether a reader would be let in now. */
export function mayRead(lock: i32): i32 {
  if (load(lock + WRITER) != 0) return 0
  return hasWaiters(lock + RW_WRITERS) == 0 && hasWaiters(lock + RW_UPGRADE) == 0 ? 1 : 0
}

/** The same for a reader who wants the upgrade seat. */
export function mayReadUpgradable(lock: i32): i32 {
  return load(lock + RW_UPGRADER) == 0 ? mayRead(lock) : 0
}

/** Whether a writer would be let in now. */
export function mayWrite(lock: i32): i32 {
  return load(lock + WRITER) == 0 && load(lock + RW_UPGRADER) == 0 && anyReader(lock) == 0 ? 1 : 0
}

/** Whether the reader in the upgrade seat could become the writer now. */
export function mayUpgrade(lock: i32): i32 {
  return load(lock + WRITER) == 0 && anyReader(lock) == 0 ? 1 : 0
}

export function readEnd(self: i32, lock: i32, seat: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  store(seat, 0)
  if (hasWaiters(lock + RW_WRITERS) != 0 || hasWaiters(lock + RW_UPGRADE) != 0) settle(self, lock)
}

/** Becomes the writer if nobody else is there: LOCKED or LOCKED_POISONED, or 0. */
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

/** A writer found a reader. Our announcement, which that reader may have taken off, has kept others out meanwhile. */
function stepBack(self: i32, lock: i32, id: i32): void {
  // Not a store: another writer may have announced itself since a reader took ours off.
  cas(lock + WRITER, 0 - id, 0)
  settle(self, lock)
}

export function writeEnd(self: i32, lock: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  store(lock + WRITER, 0)
  settle(self, lock)
}

/** The writer becomes a reader, and nobody writes in between: its seat; READ_NO_ROOM if the heap is full. */
export function downgrade(self: i32, lock: i32): i32 {
  const seat = takeSeat(self, lock)
  if (seat <= 0) return seat
  store(lock + WRITER, 0)
  settle(self, lock)
  return seat
}

/** Reads beside other readers, as the only one who may become the writer: 1, or 0. */
export function upgradableTry(self: i32, lock: i32): i32 {
  if (mayRead(lock) == 0 || cas(lock + RW_UPGRADER, 0, get(self + SLOT_ID)) != 0) return 0
  if (withoutWriter(lock) != 0) {
    set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)
    return 1
  }
  store(lock + RW_UPGRADER, 0)
  settle(self, lock)
  return 0
}

export function upgradableEnd(self: i32, lock: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  store(lock + RW_UPGRADER, 0)
  settle(self, lock)
}

/**
 * The reader in the upgrade seat becomes one among many, and nobody writes in between: its seat; READ_NO_ROOM if the heap is
 * full.
 */
export function leaveUpgrade(self: i32, lock: i32): i32 {
  const seat = takeSeat(self, lock)
  if (seat <= 0) return seat
  // ORDER: the seat, then the upgrade seat. A writer looks at them the other way round, so it finds one of them taken.
  store(lock + RW_UPGRADER, 0)
  // An upgrade of this reader may wait: it ends, because the reader has left the upgrade seat.
  wakeAll(self, lock + RW_UPGRADE)
  settle(self, lock)
  return seat
}

/** The reader in the upgrade seat becomes the writer, if it is the only reader: 1, or 0. Nobody writes in between. */
export function upgradeTry(self: i32, lock: i32): i32 {
  if (anyReader(lock) != 0) return 0
  const id = get(self + SLOT_ID)
  // Another thread may be there for a moment, to see that the upgrade seat is taken.
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
 * Wakes whom the state of the lock lets in. Whoever finds the lock taken leaves it to the holder, who comes here when it
 * ends: so of all who meet here the last one sees everything.
 */
export function settle(self: i32, lock: i32): void {
  if (load(lock + WRITER) != 0) return
  if (hasWaiters(lock + RW_UPGRADE) != 0) {
    if (anyReader(lock) != 0 || wakeOne(self, lock + RW_UPGRADE) != 0) return
  }
  if (hasWaiters(lock + RW_WRITERS) != 0) {
    if (load(lock + RW_UPGRADER) != 0 || anyReader(lock) != 0 || wakeOne(self, lock + RW_WRITERS) != 0) return
  }
  if (hasWaiters(lock + RW_READERS) != 0) wakeAll(self, lock + RW_READERS)
}

/** Frees what the thread with this id held: as the writer it leaves poison. Called for a thread that has ended. */
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
  settle(self, lock)
}

function vacate(word: i32, id: i32): void {
  // Not a store: a reader may take an announcement off, and another writer make its own, while we look.
  if (load(word) == id) cas(word, id, 0)
}

/** What the calling thread has of this lock: HOLDS_WRITE, HOLDS_UPGRADE, HOLDS_READ. */
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

/** Whether anybody has or tries the lock: it may not be freed then, because a guard still writes to it. */
export function rwInUse(lock: i32): i32 {
  return load(lock + WRITER) != 0 || load(lock + RW_UPGRADER) != 0 || anyReader(lock) != 0 ? 1 : 0
}

/** Gives the additional seats back. The caller is the last owner. */
export function freeSeats(self: i32, lock: i32): void {
  let more = load(lock + MORE)
  store(lock + MORE, 0)
  while (more != 0) {
    const next = get(more)
    release(self, more)
    more = next
  }
}

function anyReader(lock: i32): i32 {
  const first = load(lock + 96) | load(lock + 100) | load(lock + 104) | load(lock + 108)
  if ((first | load(lock + 112) | load(lock + 116) | load(lock + 120) | load(lock + 124)) != 0) return 1
  for (let more = load(lock + MORE); more != 0; more = get(more)) {
    for (let at: i32 = 4; at < MORE_BYTES; at += 4) if (load(more + at) != 0) return 1
  }
  return 0
}

/** Threads start at different seats, so that they seldom try the same one. */
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

/** Adds a block of seats, the first of them taken. */
function addSeats(self: i32, lock: i32, id: i32): i32 {
  const block = allocate(self, MORE_BYTES)
  if (block == 0) return READ_NO_ROOM
  store(block + 4, id)
  for (let at: i32 = 8; at < MORE_BYTES; at += 4) store(block + at, 0)
  while (true) {
    const next = load(lock + MORE)
    set(block, next)
    // Passes the block to everybody who reads the list; its link never changes again.
    if (cas(lock + MORE, next, block) == next) return block + 4
  }
}
