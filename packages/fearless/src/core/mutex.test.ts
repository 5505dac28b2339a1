/** The lock word of a mutex: it has one holder, which it names, and a release wakes the first waiter. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SLOT_HELD, SLOT_ID, SLOT_LATCH } from './layout.ts'
import { MAIN, newBackends, newRandom } from './backends.fixture.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_POISONED, MUTEX_QUEUE } from './mutex.ts'
import { WAITER_STATE, WAITER_WOKEN } from './wait-queue.ts'

for (const seed of [1, 2]) {
  test(`random locks and unlocks of four threads have one holder at a time (seed ${seed})`, { timeout: 20_000 }, () => {
    const lives = newBackends(8)
    const { core, words, poke } = lives
    const random = newRandom(seed)
    const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN), core.newSlot(MAIN)]
    const mutexes = [0, 1].map(() => {
      const mutex = core.allocateOfClass(MAIN, core.LOCKS)
      for (let at = 0; at < 64; at += 4) poke(mutex + at, 0)
      return mutex
    })
    const holders: number[] = [0, 0]
    const lines: number[][] = [[], []]
    const values: number[] = [0, 0]
    const idOf = (slot: number): number => words[(slot + SLOT_ID) >> 2]
    for (let step = 0; step < 20_000; step++) {
      const i = random.below(2)
      const mutex = mutexes[i]
      const self = random.pick(slots)
      switch (random.below(6)) {
        case 0:
        case 1: {
          const got = core.mutexTry(self, mutex)
          assert.equal(got, holders[i] === 0 ? 1 : 0)
          if (got === 1) holders[i] = self
          else if (lines[i].length < 5) {
            const waiter = lives.waiter(self, 0)
            core.registerWaiter(self, mutex + MUTEX_QUEUE, waiter)
            lines[i].push(waiter)
          }
          break
        }
        case 2:
        case 3: {
          if (holders[i] === 0) break
          core.mutexUnlock(holders[i], mutex)
          holders[i] = 0
          const woken = lines[i].shift()
          if (woken !== undefined) assert.equal(words[(woken + WAITER_STATE) >> 2], WAITER_WOKEN)
          break
        }
        case 4: {
          if (holders[i] === 0) break
          const value = random.pick([0, -0, 1.5, NaN, -Infinity, 2 ** 53, random.below(1000)])
          core.mutexSetNumber(mutex, value)
          values[i] = value
          break
        }
        default:
          if (holders[i] !== 0 && step % 10 === 0) {
            // The holder dies.
            poke(holders[i] + SLOT_HELD, words[(holders[i] + SLOT_HELD) >> 2] - 1)
            const lost = words[(mutex + MUTEX_LOST) >> 2]
            core.mutexAbandoned(MAIN, mutex)
            assert.equal(words[(mutex + MUTEX_LOST) >> 2], lost + 1)
            holders[i] = 0
            assert.equal(words[(mutex + MUTEX_POISONED) >> 2], 1)
            poke(mutex + MUTEX_POISONED, 0)
            const woken = lines[i].shift()
            if (woken !== undefined) assert.equal(words[(woken + WAITER_STATE) >> 2], WAITER_WOKEN)
          }
      }
      assert.equal(words[(mutex + MUTEX_LOCK) >> 2], holders[i] === 0 ? 0 : idOf(holders[i]))
      assert.ok(Object.is(core.mutexNumber(mutex), values[i]))
      for (const slot of slots) {
        assert.equal(words[(slot + SLOT_HELD) >> 2], holders.filter(holder => holder === slot).length)
      }
    }
    lives.same()
  })
}

test('a held latch is named in the holder’s slot and names the holder', { timeout: 5_000 }, () => {
  const { core, words, poke } = newBackends(4)
  const latch = core.allocate(MAIN, 16)
  poke(latch, 0)
  core.latch(MAIN, latch)
  assert.equal(words[latch >> 2], 1)
  assert.equal(words[(MAIN + SLOT_LATCH) >> 2], latch)
  core.unlatch(MAIN, latch)
  assert.equal(words[latch >> 2], 0)
  assert.equal(words[(MAIN + SLOT_LATCH) >> 2], 0)
})
