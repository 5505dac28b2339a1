/** The core of Once and of the reentrant mutex, in both backends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SLOT_HELD, SLOT_ID } from './layout.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_OWNERS, MUTEX_POISONED, MUTEX_QUEUE } from './mutex.ts'
import { ONCE_BUSY, ONCE_DONE, ONCE_QUEUE, ONCE_NEW, ONCE_POISONED, ONCE_RUN, ONCE_STATE } from './once.ts'
import { REENTRANT_DEPTH } from './reentrant-mutex.ts'
import { WAITER_STATE, WAITER_WOKEN } from './wait-queue.ts'

const limit = { timeout: 20_000 }

function newLock({ core, poke }: Backends): number {
  const lock = core.allocateOfClass(MAIN, core.LOCKS)
  for (let at = 0; at < 64; at += 4) poke(lock + at, 0)
  return lock
}

test('random calls, failures and deaths of a Once lead to the predicted states', limit, () => {
  const lives = newBackends(8)
  const { core, words, poke } = lives
  const random = newRandom(1)
  const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
  let once = newLock(lives)
  let [state, doer] = [ONCE_NEW, 0]
  let line: number[] = []
  const end = (): void => {
    for (const waiter of line) assert.equal(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
    line = []
    doer = 0
  }
  for (let step = 0; step < 20_000; step++) {
    const self = random.pick(slots)
    switch (random.below(4)) {
      case 0:
      case 1: {
        const force = random.below(2)
        const settled = state === ONCE_DONE || (state === ONCE_POISONED && force === 0)
        const answer = core.onceBegin(self, once, force)
        assert.equal(answer, settled ? state : doer !== 0 ? ONCE_BUSY : ONCE_RUN)
        if (answer === ONCE_RUN) doer = self
        if (answer === ONCE_BUSY && line.length < 5) {
          const waiter = lives.waiter(self, 0)
          core.registerWaiter(self, once + ONCE_QUEUE, waiter)
          line.push(waiter)
        }
        break
      }
      case 2:
        if (doer === 0) break
        state = random.pick([ONCE_NEW, ONCE_DONE, ONCE_POISONED])
        core.onceComplete(doer, once, state)
        end()
        break
      default:
        if (doer === 0) break
        poke(doer + SLOT_HELD, 0)
        state = random.pick([ONCE_NEW, ONCE_POISONED])
        core.onceAbandoned(MAIN, once, state)
        end()
    }
    assert.equal(words[(once + ONCE_STATE) >> 2], state)
    assert.equal(words[(once + MUTEX_LOCK) >> 2], doer === 0 ? 0 : words[(doer + SLOT_ID) >> 2])
    if (state === ONCE_DONE && doer === 0 && random.below(3) === 0) [once, state] = [newLock(lives), ONCE_NEW]
  }
  lives.same()
})

test('a thread that dies after completing a Once leaves it complete', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const once = newLock(lives)
  assert.equal(core.onceBegin(MAIN, once, 0), ONCE_RUN)
  poke(once + ONCE_STATE, ONCE_DONE)
  core.onceAbandoned(MAIN, once, ONCE_POISONED)
  assert.equal(words[(once + ONCE_STATE) >> 2], ONCE_DONE)
  assert.equal(core.onceBegin(MAIN, once, 0), ONCE_DONE)
})

test('random locks and unlocks of a reentrant mutex have the predicted depth', limit, () => {
  const lives = newBackends(8)
  const { core, words, poke } = lives
  const random = newRandom(5)
  const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
  const lock = newLock(lives)
  let [holder, depth] = [0, 0]
  const line: number[] = []
  const free = (): void => {
    const woken = line.shift()
    if (woken !== undefined) assert.equal(words[(woken + WAITER_STATE) >> 2], WAITER_WOKEN)
    holder = depth = 0
  }
  for (let step = 0; step < 20_000; step++) {
    const self = random.pick(slots)
    switch (random.below(9)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const got = holder === 0 || holder === self
        assert.equal(core.reentrantTry(self, lock), got ? 1 : 0)
        if (got) {
          holder = self
          depth++
        } else if (line.length < 5) {
          const waiter = lives.waiter(self, 0)
          core.registerWaiter(self, lock + MUTEX_QUEUE, waiter)
          line.push(waiter)
        }
        break
      }
      case 4: {
        if (holder === 0 || step % 10 !== 0) break
        const lost = words[(lock + MUTEX_LOST) >> 2]
        poke(holder + SLOT_HELD, 0)
        core.reentrantAbandoned(MAIN, lock)
        assert.equal(words[(lock + MUTEX_LOST) >> 2], lost + 1)
        free()
        break
      }
      default:
        if (holder === 0) break
        core.reentrantUnlock(holder, lock)
        if (--depth === 0) free()
    }
    assert.equal(words[(lock + MUTEX_LOCK) >> 2], holder === 0 ? 0 : words[(holder + SLOT_ID) >> 2])
    assert.equal(words[(lock + REENTRANT_DEPTH) >> 2], depth)
    assert.equal(words[(lock + MUTEX_POISONED) >> 2], 0)
    for (const slot of slots) assert.equal(words[(slot + SLOT_HELD) >> 2], slot === holder ? depth : 0)
  }
  lives.same()
})

test('a claim of a Once belongs to a handle record and ends once, at the latest with the record', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const once = newLock(lives)
  poke(once + MUTEX_OWNERS, 3)
  const newRecord = (): number => {
    const record = core.newHandle(MAIN, 1, once, 0)
    core.adoptHandle(MAIN, record, 1)
    return record
  }
  const [first, second] = [newRecord(), newRecord()]
  const waiter = lives.waiter(MAIN, 0)
  core.registerWaiter(MAIN, once + ONCE_QUEUE, waiter)
  assert.equal(core.claimOnce(once, first), 1)
  assert.equal(core.claimOnce(once, second), 0)
  assert.equal(core.dropClaimant(MAIN, once, second), 0)
  assert.equal(words[(once + ONCE_STATE) >> 2], ONCE_NEW)
  assert.notEqual(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
  core.endClaim(MAIN, once, first, ONCE_DONE)
  assert.equal(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
  core.endClaim(MAIN, once, first, ONCE_POISONED)
  assert.equal(core.dropClaimant(MAIN, once, first), 0)
  assert.equal(words[(once + ONCE_STATE) >> 2], ONCE_DONE)
  // A claim that comes too late fails and does not change the state.
  const late = newRecord()
  assert.equal(core.claimOnce(once, late), 0)
  assert.equal(words[(once + MUTEX_LOCK) >> 2], 0)
  assert.equal(core.dropClaimant(MAIN, once, late), 1)
  // A record that is dropped with its claim makes the initialisation fail.
  const lost = newLock(lives)
  const record = newRecord()
  assert.equal(core.claimOnce(lost, record), 1)
  core.dropClaimant(MAIN, lost, record)
  assert.equal(words[(lost + ONCE_STATE) >> 2], ONCE_POISONED)
  lives.same()
})
