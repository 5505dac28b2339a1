/** Wait queues: FIFO order, one wake-up per waiter, one notifier per select, and the reaper's repairs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BELL_ASLEEP, BELL_RUNG, SLOT_BELL, SLOT_PENDING, SLOT_READY } from './layout.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'
import {
  WAITER_OWN_CLAIM,
  WAITER_CLAIM,
  WAITER_FREE,
  WAITER_NEXT,
  WAITER_PREV,
  WAITER_QUEUED,
  WAITER_READY,
  WAITER_STATE,
  WAITER_WOKEN,
} from './wait-queue.ts'

const limit = { timeout: 20_000 }
const LAST = 8

function newQueue({ core, poke }: Backends): number {
  const queue = core.allocate(MAIN, 16)
  for (let at = 0; at < 16; at += 4) poke(queue + at, 0)
  return queue
}

function inLine({ words }: Backends, queue: number): number[] {
  const line: number[] = []
  for (let at = words[(queue + 4) >> 2]; at !== 0; at = words[(at + WAITER_NEXT) >> 2]) line.push(at)
  return line
}

interface Waiter {
  readonly at: number
  readonly slot: number
  readonly yields: boolean
  readonly claim: { word: number; chosen: number } | undefined
}

for (const seed of [1, 2, 3]) {
  test(`random waits and wake-ups in two queues are those of two arrays (seed ${seed})`, limit, () => {
    const lives = newBackends(8)
    const { core, words, poke } = lives
    const random = newRandom(seed)
    const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
    const queues = [newQueue(lives), newQueue(lives)]
    const lines: Waiter[][] = [[], []]
    const ready = new Map<number, number[]>(slots.map(slot => [slot, []]))
    const state = (waiter: Waiter): number => words[(waiter.at + WAITER_STATE) >> 2]
    /** Removes the first unclaimed waiter, and skips waiters that another notifier has claimed. */
    const takeFirst = (line: Waiter[]): Waiter | undefined => {
      for (let first = line.shift(); first !== undefined; first = line.shift()) {
        if (first.claim === undefined) return first
        if (first.claim.chosen === 0) {
          first.claim.chosen = first.at
          return first
        }
        assert.equal(state(first), WAITER_FREE)
      }
      return undefined
    }
    const checkWoken = (waiter: Waiter): void => {
      assert.equal(state(waiter), WAITER_WOKEN)
      if (waiter.yields) ready.get(waiter.slot)!.unshift(waiter.at)
    }
    for (let step = 0; step < 20_000; step++) {
      const i = random.below(2)
      const line = lines[i]
      const self = random.pick(slots)
      switch (random.below(7)) {
        case 0:
        case 1: {
          const slot = random.pick(slots)
          const yields = random.below(2) as 0 | 1
          const at = lives.waiter(slot, yields)
          core.registerWaiter(self, queues[i], at)
          line.push({ at, slot, yields: yields === 1, claim: undefined })
          break
        }
        case 2: {
          // A select: one waiter in each queue and one claim word.
          const slot = random.pick(slots)
          const first = lives.waiter(slot, 1)
          const claim = { word: first + WAITER_OWN_CLAIM, chosen: 0 }
          for (const [k, queue] of queues.entries()) {
            const at = lives.waiter(slot, 1)
            poke(at + WAITER_CLAIM, claim.word)
            core.registerWaiter(self, queue, at)
            lines[k].push({ at, slot, yields: true, claim })
          }
          break
        }
        case 3: {
          if (line.length === 0) break
          const [waiter] = line.splice(random.below(line.length), 1)
          assert.equal(core.unregisterWaiter(self, waiter.at), 1)
          assert.equal(state(waiter), WAITER_FREE)
          break
        }
        case 4: {
          const before = [...line]
          const answer = core.wakeOne(self, queues[i])
          const woken = takeFirst(line)
          assert.equal(answer, woken === undefined ? 0 : 1, `the queue had ${before.length} waiters`)
          if (woken !== undefined) {
            checkWoken(woken)
            assert.equal(core.unregisterWaiter(self, woken.at), 0)
          }
          break
        }
        case 5: {
          if (step % 3 !== 0) break
          const answer = core.wakeAll(self, queues[i])
          let count = 0
          for (let woken = takeFirst(line); woken !== undefined; woken = takeFirst(line)) {
            checkWoken(woken)
            count++
          }
          assert.equal(answer, count)
          break
        }
        default: {
          const got: number[] = []
          for (let at = core.takeReadyWaiters(self); at !== 0; at = words[(at + WAITER_READY) >> 2]) got.push(at)
          assert.deepEqual(got, ready.get(self))
          ready.set(self, [])
        }
      }
      assert.deepEqual(
        inLine(lives, queues[i]),
        line.map(waiter => waiter.at),
      )
      assert.equal(core.hasWaiters(queues[i]), line.length === 0 ? 0 : 1)
      if (step % 2000 === 0) lives.same()
    }
    lives.same()
  })
}

test('a bell is rung once and only for a sleeping event loop', limit, () => {
  const { core, words, poke, waiter } = newBackends(4)
  const at = waiter(MAIN, 1)
  core.ringBell(MAIN)
  assert.equal(words[(MAIN + SLOT_BELL) >> 2], 0)
  poke(MAIN + SLOT_BELL, BELL_ASLEEP)
  core.wakeWaiter(at)
  assert.equal(words[(MAIN + SLOT_BELL) >> 2], BELL_RUNG)
  assert.equal(words[(MAIN + SLOT_READY) >> 2], at)
  assert.equal(core.takeReadyWaiters(MAIN), at)
  assert.equal(core.takeReadyWaiters(MAIN), 0)
})

test('a queue is repaired from its forward links after its holder died', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  for (const length of [0, 1, 2, 5]) {
    const queue = newQueue(lives)
    const waiters = Array.from({ length }, () => lives.waiter(MAIN, 0))
    for (const waiter of waiters) core.registerWaiter(MAIN, queue, waiter)
    for (const waiter of waiters) poke(waiter + WAITER_PREV, 0x7777)
    poke(queue + LAST, 0x7777)
    core.repairQueue(queue)
    assert.equal(words[(queue + LAST) >> 2], waiters.at(-1) ?? 0)
    assert.deepEqual(
      waiters.map(waiter => words[(waiter + WAITER_PREV) >> 2]),
      [0, ...waiters].slice(0, length),
    )
    // The queue works as before: another waiter registers, and all unregister in another order.
    const late = lives.waiter(MAIN, 0)
    core.registerWaiter(MAIN, queue, late)
    for (const waiter of [late, ...waiters]) assert.equal(core.unregisterWaiter(MAIN, waiter), 1)
    assert.equal(core.hasWaiters(queue), 0)
  }
  lives.same()
})

test('a waiter that a dead notifier removed is distinguished from a registered one', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const queue = newQueue(lives)
  const waiters = [0, 1, 2].map(() => lives.waiter(MAIN, 0))
  for (const waiter of waiters) core.registerWaiter(MAIN, queue, waiter)
  // The notifier died after the first store of `unlinkWaiter`.
  poke(queue + 4, waiters[1])
  assert.deepEqual(
    waiters.map(waiter => core.isRegistered(queue, waiter)),
    [0, 1, 1],
  )
  assert.equal(words[(waiters[0] + WAITER_STATE) >> 2], WAITER_QUEUED)
  core.repairQueue(queue)
  assert.equal(core.wakeAll(MAIN, queue), 2)
})

test('a pending wake-up is in the slot from owe to pay', limit, () => {
  const { core, words } = newBackends(4)
  core.announceWakeUp(MAIN, 4096)
  assert.equal(words[(MAIN + SLOT_PENDING) >> 2], 4096)
  core.endAnnouncement(MAIN)
  assert.equal(words[(MAIN + SLOT_PENDING) >> 2], 0)
})
