/**
 * Kills workers at any moment: shared by the tests of deaths.
 *
 * Each scenario runs twice, with main awaiting and with main blocking, because the supervisor, which never blocks, runs
 * the reaper.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtomicI32, PanicError, move, sleep, thread, type JoinHandle } from 'fearless'
import {
  FREE_SLOTS_LATCH,
  HANDLES,
  HANDLE_OWNER,
  LOCKS,
  MAX_SLOTS,
  MUTEX_LOCK,
  RUN_LATCH,
  SLOTS,
  SLOT_ID,
  SLOT_SIZE,
  WAITERS,
  WAITER_SLOT,
  WORKERS,
  requestSupervisor,
  countBlockedWorkers,
  core,
  i32,
} from '../../dist/internal.js'

const limit = { timeout: 90_000 }
export const VICTIMS = 6
export const word = (at: number): number => Atomics.load(i32, at >> 2)

/** How main waits in a scenario. */
export type Waiting = 'awaiting' | 'blocking'
let waiting: Waiting = 'awaiting'

export function waitBy(how: Waiting): void {
  waiting = how
}

export async function wait<T>(w: PromiseLike<T> & { wait(): T }): Promise<T> {
  return waiting === 'awaiting' ? await w : w.wait()
}

/** Calls `look` with each message of a receiver, until its channel is closed. */
export async function each<T>(rx: Iterable<T> & AsyncIterable<T>, look: (message: T) => void): Promise<void> {
  if (waiting === 'blocking') for (const message of rx) look(message)
  else for await (const message of rx) look(message)
}

// The first worker is main's own child, which the supervisor cannot terminate, so a parked thread occupies it. Only
// tests may import this file: a thread that imported it would spawn another one.
const occupied = new AtomicI32(0)
thread.spawn(
  move(() => {
    occupied.store(1)
    for (;;) thread.park().wait()
  }),
)
while (occupied.load() === 0) thread.yieldNow().wait()

/** Spins for a random time, short times more often. */
export function moment(most = 3): void {
  const end = performance.now() + Math.random() ** 3 * most
  while (performance.now() < end);
}

/** The slots of the victims: each victim stores its own. */
export function victims(): AtomicI32[] {
  return Array.from({ length: VICTIMS }, () => new AtomicI32(0))
}

let dead = 0

/** Terminates each victim after it has started, in any order, at random moments. */
export function killAll(where: readonly AtomicI32[]): void {
  for (const left = new Set(where); left.size > 0; thread.yieldNow().wait()) {
    for (const at of left) {
      const slot = at.load()
      if (slot === 0) continue
      left.delete(at)
      moment()
      requestSupervisor({ ask: 'terminate', slot })
      dead++
    }
  }
}

export async function allPanic(handles: readonly JoinHandle<unknown>[]): Promise<void> {
  for (const handle of handles) {
    try {
      await wait(handle.join())
    } catch (error) {
      assert.ok(error instanceof PanicError, String((error as Error).stack))
      assert.match(error.message, /ended without a result/)
      continue
    }
    assert.fail('a victim survived')
  }
}

export function scenario(name: string, run: () => Promise<void>): void {
  for (const mode of ['awaiting', 'blocking'] as const) {
    test(`workers killed while ${name} leave no thread waiting, main ${mode}`, limit, async () => {
      waiting = mode
      for (let round = 0; round < 2; round++) await run()
    })
  }
}

/** The last test of a file: the objects of the dead threads are free again, and new threads run. */
export function nothingIsLeft(): void {
  test('the reaper frees the locks, waiters and handles of all dead threads, and new threads run', limit, async () => {
    const used = (kind: number, at: number): number => {
      let count = 0
      for (let thing = core.nextObject(kind, 0); thing !== 0; thing = core.nextObject(kind, thing))
        if (word(thing + at) !== 0) count++
      return count
    }
    const slots = (): number => {
      let count = 0
      for (let n = 1; n < MAX_SLOTS; n++) if (word(SLOTS + n * SLOT_SIZE + SLOT_ID) !== 0) count++
      return count
    }
    // Main, the supervisor and each worker have a slot; one worker is blocked by the parked thread.
    for (let i = 0; slots() !== word(WORKERS) + 2 || countBlockedWorkers() !== 1; i++) {
      assert.ok(i < 1000, `${slots()} slots, ${word(WORKERS)} workers, ${countBlockedWorkers()} of them blocked`)
      await sleep(5)
    }
    assert.equal(word(RUN_LATCH), 0)
    assert.equal(word(FREE_SLOTS_LATCH), 0)
    // The first word of a free block links it to the next, and addresses are larger than ids.
    for (let lock = core.nextObject(LOCKS, 0); lock !== 0; lock = core.nextObject(LOCKS, lock)) {
      const holder = word(lock + MUTEX_LOCK)
      assert.ok(holder === 0 || holder > MAX_SLOTS, `slot ${holder} holds a lock`)
    }
    // The waiters of the parked thread and of the idle workers.
    assert.ok(used(WAITERS, WAITER_SLOT) <= word(WORKERS) + 2, `${used(WAITERS, WAITER_SLOT)} waiters`)
    let lost = 0
    for (let h = core.nextObject(HANDLES, 0); h !== 0; h = core.nextObject(HANDLES, h))
      if (word(h + HANDLE_OWNER) < 0) lost++
    // A few handles of 32 bytes leak in some runs; the cause is not known.
    assert.ok(lost <= dead / 50, `${lost} handles in transit after ${dead} deaths`)
    const sum = new AtomicI32(0)
    const handles = Array.from({ length: 100 }, () =>
      thread.spawn(
        move(() => {
          sum.fetchAdd(1)
        }),
      ),
    )
    for (const handle of handles) await handle.join()
    assert.equal(sum.load(), 100)
  })
}
