/** The core of the readers-writer lock: which threads are admitted and woken, and the state after a death. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SLOT_HELD, SLOT_ID } from './layout.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_POISONED } from './mutex.ts'
import { HOLDS_READ, HOLDS_UPGRADE, HOLDS_WRITE, RW_READERS, RW_UPGRADE, RW_WRITERS } from './rw-lock.ts'
import { WAITER_STATE, WAITER_WOKEN } from './wait-queue.ts'

const limit = { timeout: 20_000 }

function newLock({ core, poke }: Backends): number {
  const lock = core.allocateOfClass(MAIN, core.RW_LOCKS)
  for (let at = 0; at < 128; at += 4) poke(lock + at, 0)
  return lock
}

interface Holder {
  readonly slot: number
  readonly seat: number
}

for (const seed of [1, 2, 3]) {
  test(`random readers, writers, upgrades and deaths are admitted and woken as predicted (seed ${seed})`, limit, () => {
    const lives = newBackends(8)
    const { core, words, poke } = lives
    const random = newRandom(seed)
    const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN), core.newSlot(MAIN), core.newSlot(MAIN)]
    const idOf = (slot: number): number => words[(slot + SLOT_ID) >> 2]
    const lock = newLock(lives)
    let writer: number | undefined
    let upgrader: number | undefined
    let readers: Holder[] = []
    const lines = { [RW_READERS]: [] as number[], [RW_WRITERS]: [] as number[], [RW_UPGRADE]: [] as number[] }
    const letIn = (): boolean =>
      writer === undefined && lines[RW_WRITERS].length === 0 && lines[RW_UPGRADE].length === 0
    /** Removes the waiters that the lock must have woken by now from the predicted queues, and checks their state. */
    const checkWoken = (): void => {
      const woken: number[] = []
      if (writer === undefined) {
        if (lines[RW_UPGRADE].length > 0) {
          if (readers.length === 0) woken.push(lines[RW_UPGRADE].shift()!)
        } else if (lines[RW_WRITERS].length > 0) {
          if (readers.length === 0 && upgrader === undefined) woken.push(lines[RW_WRITERS].shift()!)
        } else woken.push(...lines[RW_READERS].splice(0))
      }
      for (const waiter of woken) assert.equal(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
      for (const line of Object.values(lines))
        for (const waiter of line) assert.notEqual(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
    }
    const stand = (slot: number, queue: number): void => {
      if (lines[queue].length > 4) return
      const waiter = lives.waiter(slot, 0)
      core.registerWaiter(slot, lock + queue, waiter)
      lines[queue].push(waiter)
    }
    for (let step = 0; step < 20_000; step++) {
      const self = random.pick(slots)
      switch (random.below(11)) {
        case 0:
        case 1: {
          const may = letIn()
          assert.equal(core.mayRead(lock), may ? 1 : 0)
          const seat = core.readTry(self, lock)
          assert.equal(seat !== 0, may)
          if (seat !== 0) readers.push({ slot: self, seat })
          else stand(self, RW_READERS)
          break
        }
        case 2:
        case 3: {
          if (readers.length === 0) break
          const [{ slot, seat }] = readers.splice(random.below(readers.length), 1)
          const awaited = lines[RW_WRITERS].length + lines[RW_UPGRADE].length > 0
          core.readUnlock(slot, lock, seat)
          if (awaited) checkWoken()
          break
        }
        case 4:
        case 5: {
          const may = writer === undefined && upgrader === undefined && readers.length === 0
          assert.equal(core.mayWrite(lock), may ? 1 : 0)
          assert.equal(core.writeTry(self, lock), may ? 1 : 0)
          if (may) writer = self
          else stand(self, RW_WRITERS)
          break
        }
        case 6: {
          if (writer === undefined) break
          core.writeUnlock(writer, lock)
          writer = undefined
          checkWoken()
          break
        }
        case 7: {
          if (writer === undefined) break
          const slot = writer
          readers.push({ slot, seat: core.downgrade(slot, lock) })
          writer = undefined
          checkWoken()
          break
        }
        case 8: {
          const may = letIn() && upgrader === undefined
          assert.equal(core.mayReadUpgradable(lock), may ? 1 : 0)
          assert.equal(core.upgradableTry(self, lock), may ? 1 : 0)
          if (may) upgrader = self
          break
        }
        case 9: {
          if (upgrader === undefined) break
          const slot = upgrader
          if (random.below(2) === 0) {
            core.upgradableUnlock(slot, lock)
            upgrader = undefined
            checkWoken()
          } else {
            const may = readers.length === 0
            assert.equal(core.mayUpgrade(lock), may ? 1 : 0)
            assert.equal(core.upgradeTry(slot, lock), may ? 1 : 0)
            if (may) {
              writer = slot
              upgrader = undefined
            } else if (lines[RW_UPGRADE].length === 0) stand(slot, RW_UPGRADE)
          }
          break
        }
        default: {
          if (step % 7 !== 0) break
          const lost = words[(lock + MUTEX_LOST) >> 2]
          core.rwAbandoned(MAIN, lock, idOf(self))
          assert.equal(words[(lock + MUTEX_POISONED) >> 2], writer === self ? 1 : 0)
          assert.equal(words[(lock + MUTEX_LOST) >> 2], writer === self ? lost + 1 : lost)
          poke(lock + MUTEX_POISONED, 0)
          poke(self + SLOT_HELD, 0)
          if (writer === self) writer = undefined
          if (upgrader === self) upgrader = undefined
          readers = readers.filter(({ slot }) => slot !== self)
          checkWoken()
        }
      }
      assert.equal(words[(lock + MUTEX_LOCK) >> 2], writer === undefined ? 0 : idOf(writer))
      for (const { slot, seat } of readers) assert.equal(words[seat >> 2], idOf(slot))
      assert.equal(new Set(readers.map(({ seat }) => seat)).size, readers.length)
      for (const slot of slots) {
        const reads = readers.filter(reader => reader.slot === slot).length
        const holds =
          (writer === slot ? HOLDS_WRITE : 0) | (upgrader === slot ? HOLDS_UPGRADE : 0) | (reads > 0 ? HOLDS_READ : 0)
        assert.equal(core.rwHeld(slot, lock), holds)
        const held = reads + (writer === slot ? 1 : 0) + (upgrader === slot ? 1 : 0)
        assert.equal(words[(slot + SLOT_HELD) >> 2], held)
      }
      const inUse = readers.length > 0 || writer !== undefined || upgrader !== undefined
      assert.equal(core.rwInUse(lock), inUse ? 1 : 0)
    }
    lives.same()
  })
}

test('a lock adds seats for more readers', limit, () => {
  const lives = newBackends(4)
  const { core } = lives
  const lock = newLock(lives)
  const seats = Array.from({ length: 100 }, () => core.readTry(MAIN, lock))
  assert.equal(new Set(seats).size, 100)
  for (const seat of seats) {
    assert.equal(core.writeTry(MAIN, lock), 0)
    core.readUnlock(MAIN, lock, seat)
  }
  assert.equal(core.writeTry(MAIN, lock), 1)
  core.writeUnlock(MAIN, lock)
  core.freeSeats(MAIN, lock)
  assert.ok(core.readTry(MAIN, lock) > 0)
  lives.same()
})

test('a reader that gets no seat in a full heap leaves the lock unchanged', limit, () => {
  const lives = newBackends(4)
  const { core } = lives
  const lock = newLock(lives)
  const seats = Array.from({ length: 8 }, () => core.readTry(MAIN, lock))
  while (core.allocate(MAIN, 16384) !== 0);
  while (core.allocate(MAIN, 64) !== 0);
  assert.equal(core.readTry(MAIN, lock), -1)
  for (const seat of seats) core.readUnlock(MAIN, lock, seat)
  assert.equal(core.writeTry(MAIN, lock), 1)
  lives.same()
})

test('a thread that dies while it announces itself as writer leaves no poison', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const lock = newLock(lives)
  const other = core.newSlot(MAIN)
  poke(lock + MUTEX_LOCK, -words[(other + SLOT_ID) >> 2])
  const waiter = lives.waiter(MAIN, 0)
  core.registerWaiter(MAIN, lock + RW_READERS, waiter)
  assert.equal(core.rwHeld(other, lock), 0)
  core.rwAbandoned(MAIN, lock, words[(other + SLOT_ID) >> 2])
  assert.equal(words[(lock + MUTEX_POISONED) >> 2], 0)
  assert.equal(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
})
