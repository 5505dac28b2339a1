/** The core of barriers, in both backends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BARRIER_BYTES, BARRIER_GENERATION, BARRIER_QUEUE, BARRIER_SIZE } from './barrier.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'
import { WAITER_OWN_CLAIM, WAITER_CLAIM, WAITER_STATE, WAITER_WOKEN } from './wait-queue.ts'

const limit = { timeout: 20_000 }

function newBarrier({ core, poke }: Backends, size: number): number {
  const barrier = core.allocate(MAIN, BARRIER_BYTES)
  for (let at = 0; at < BARRIER_BYTES; at += 4) poke(barrier + at, 0)
  poke(barrier + BARRIER_SIZE, size)
  return barrier
}

for (const seed of [1, 2]) {
  test(
    `random arrivals, withdrawals and claimed selects open a barrier as an array predicts (seed ${seed})`,
    limit,
    () => {
      const lives = newBackends(8)
      const { core, words, poke } = lives
      const random = newRandom(seed)
      const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
      const size = 2 + seed * 2
      const barrier = newBarrier(lives, size)
      let generation = 0
      let line: { waiter: number; chosen: boolean }[] = []
      const arrived = (): number => line.filter(({ chosen }) => !chosen).length
      for (let step = 0; step < 20_000; step++) {
        const self = random.pick(slots)
        switch (random.below(5)) {
          case 0:
          case 1: {
            const waiter = lives.waiter(self, 1)
            const selects = random.below(3) === 0
            if (selects) poke(waiter + WAITER_CLAIM, waiter + WAITER_OWN_CLAIM)
            const last = arrived() === size - 1
            assert.equal(core.barrierRegister(self, barrier, waiter), last ? 0 : 1)
            if (!last) line.push({ waiter, chosen: false })
            else core.free(self, waiter)
            break
          }
          case 2: {
            if (line.length === 0) break
            const [{ waiter }] = line.splice(random.below(line.length), 1)
            assert.equal(core.barrierUnregister(self, barrier, waiter), 1)
            core.free(self, waiter)
            break
          }
          case 3: {
            // A select that another arm has claimed, and that has not unregistered here yet.
            const one = line.find(({ waiter, chosen }) => !chosen && words[(waiter + WAITER_CLAIM) >> 2] !== 0)
            if (one === undefined) break
            poke(one.waiter + WAITER_OWN_CLAIM, -1)
            one.chosen = true
            break
          }
          default: {
            const opens = arrived() >= size - 1
            assert.equal(core.barrierOpen(self, barrier), opens ? 1 : 0)
            if (!opens) break
            generation++
            for (const { waiter, chosen } of line) {
              if (!chosen) assert.equal(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
              assert.equal(core.barrierPassed(barrier, waiter), 1)
            }
            line = []
            for (const slot of slots) core.takeReadyWaiters(slot)
          }
        }
        assert.equal(words[(barrier + BARRIER_GENERATION) >> 2], generation)
        for (const { waiter } of line) assert.equal(core.barrierPassed(barrier, waiter), 0)
        assert.equal(core.hasWaiters(barrier + BARRIER_QUEUE), line.length > 0 ? 1 : 0)
      }
      lives.same()
    },
  )
}

test('a waiter passes if the thread that opened the barrier died before it woke the waiter', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const barrier = newBarrier(lives, 3)
  const waiter = lives.waiter(MAIN, 0)
  assert.equal(core.barrierRegister(MAIN, barrier, waiter), 1)
  // The first store of `barrierOpen`, after which the thread died.
  poke(barrier + BARRIER_GENERATION, words[(barrier + BARRIER_GENERATION) >> 2] + 1)
  assert.equal(core.barrierUnregister(MAIN, barrier, waiter), 0)
  assert.equal(core.hasWaiters(barrier + BARRIER_QUEUE), 0)
})
