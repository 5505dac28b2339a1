/**
 * Semaphores: every permit is in the semaphore or in a record, after any death, and requests are served in FIFO order.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HANDLE_STATE } from './handles.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'
import {
  ACQUIRED,
  ACQUIRE_CLOSED,
  ACQUIRE_PENDING,
  SEMAPHORE_AVAILABLE,
  SEMAPHORE_QUEUE,
  SEMAPHORE_OWNERS,
} from './semaphore.ts'
import { WAITER_OWN_CLAIM, WAITER_CLAIM, WAITER_STATE, WAITER_WOKEN } from './wait-queue.ts'

const limit = { timeout: 20_000 }

function newSemaphore({ core, poke }: Backends, permits: number): number {
  const semaphore = core.allocateOfClass(MAIN, core.SEMAPHORES)
  for (let at = 0; at < 64; at += 4) poke(semaphore + at, 0)
  poke(semaphore + SEMAPHORE_AVAILABLE, permits)
  poke(semaphore + SEMAPHORE_OWNERS, 1_000_000)
  return semaphore
}

interface Asker {
  readonly waiter: number
  readonly record: number
  readonly wanted: number
  chosen: boolean
}

for (const seed of [1, 2, 3]) {
  test(`random requests are served in FIFO order as an array predicts (seed ${seed})`, limit, () => {
    const lives = newBackends(8)
    const { core, words, poke } = lives
    const random = newRandom(seed)
    const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
    const semaphore = newSemaphore(lives, 5)
    let [available, total] = [5, 5]
    let line: Asker[] = []
    const held: { record: number; permits: number }[] = []
    /** Grants the permits that the semaphore must have granted by now, in the prediction. */
    const serve = (): void => {
      for (let first = line[0]; first !== undefined; first = line[0]) {
        if (!first.chosen && first.wanted > available) break
        line.shift()
        if (first.chosen) continue
        available -= first.wanted
        held.push({ record: first.record, permits: first.wanted })
        assert.equal(words[(first.waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
        assert.equal(core.isServed(first.waiter, first.record), 1)
      }
    }
    const newRecord = (self: number): number => {
      const record = core.newHandle(self, 1, semaphore, 0)
      core.adoptHandle(self, record, 0)
      return record
    }
    for (let step = 0; step < 20_000; step++) {
      const self = random.pick(slots)
      const wanted = random.below(5)
      switch (random.below(8)) {
        case 0:
        case 1: {
          const may = line.length === 0 && available >= wanted
          assert.equal(core.mayAcquire(semaphore, wanted), may ? 1 : 0)
          const record = newRecord(self)
          assert.equal(core.acquireTry(self, semaphore, record, wanted), may ? ACQUIRED : ACQUIRE_PENDING)
          if (may) {
            available -= wanted
            held.push({ record, permits: wanted })
          } else if (line.length < 6) {
            const waiter = lives.waiter(self, 0)
            if (random.below(3) === 0) poke(waiter + WAITER_CLAIM, waiter + WAITER_OWN_CLAIM)
            assert.equal(core.acquireRegister(self, semaphore, waiter, record, wanted), 1)
            line.push({ waiter, record, wanted, chosen: false })
          } else core.freeHandle(self, record)
          break
        }
        case 2:
        case 3: {
          if (held.length === 0) break
          const [{ record, permits }] = held.splice(random.below(held.length), 1)
          assert.equal(core.dropPermit(self, semaphore, record), 0)
          assert.equal(words[(record + HANDLE_STATE) >> 2], 0)
          core.freeHandle(self, record)
          available += permits
          serve()
          break
        }
        case 4: {
          if (line.length === 0) break
          const [{ waiter, record }] = line.splice(random.below(line.length), 1)
          assert.equal(core.acquireUnregister(self, semaphore, waiter), 1)
          core.freeHandle(self, record)
          serve()
          break
        }
        case 5: {
          const one = line.find(({ waiter, chosen }) => !chosen && words[(waiter + WAITER_CLAIM) >> 2] !== 0)
          if (one === undefined) break
          poke(one.waiter + WAITER_OWN_CLAIM, -1)
          one.chosen = true
          break
        }
        case 6: {
          if (held.length === 0 || step % 5 !== 0) break
          // Forget the permits.
          const one = random.pick(held)
          poke(one.record + HANDLE_STATE, 0)
          total -= one.permits
          held[held.indexOf(one)] = { record: one.record, permits: 0 }
          break
        }
        default: {
          if (total > 20) break
          core.addPermits(self, semaphore, wanted)
          available += wanted
          total += wanted
          serve()
        }
      }
      assert.equal(words[(semaphore + SEMAPHORE_AVAILABLE) >> 2], available)
      let out = 0
      for (const { record, permits } of held) {
        assert.equal(words[(record + HANDLE_STATE) >> 2], permits)
        out += permits
      }
      assert.equal(available + out, total)
      assert.equal(core.hasWaiters(semaphore + SEMAPHORE_QUEUE), line.length > 0 ? 1 : 0)
    }
    core.closeSemaphore(MAIN, semaphore)
    for (const { waiter, record, chosen } of line) {
      if (!chosen) assert.equal(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
      assert.equal(core.isServed(waiter, record), 0)
    }
    line = []
    assert.equal(core.acquireTry(MAIN, semaphore, newRecord(MAIN), 0), ACQUIRE_CLOSED)
    assert.equal(core.acquireRegister(MAIN, semaphore, lives.waiter(MAIN, 0), newRecord(MAIN), 1), 0)
    lives.same()
  })
}

test('a reaper completes a transfer of permits that a dead thread began', limit, () => {
  const [STEP, STEP_PERMITS, STEP_AVAILABLE] = [24, 28, 32]
  for (let stores = 0; stores < 3; stores++) {
    const lives = newBackends(4)
    const { core, words, poke } = lives
    const semaphore = newSemaphore(lives, 5)
    const record = core.newHandle(MAIN, 1, semaphore, 0)
    poke(semaphore + STEP_PERMITS, 2)
    poke(semaphore + STEP_AVAILABLE, 3)
    poke(semaphore + STEP, record)
    if (stores > 0) poke(record + HANDLE_STATE, 2)
    if (stores > 1) poke(semaphore + SEMAPHORE_AVAILABLE, 3)
    core.completeTransferOfDead(semaphore)
    core.completeTransferOfDead(semaphore)
    assert.equal(words[(semaphore + SEMAPHORE_AVAILABLE) >> 2], 3)
    assert.equal(words[(record + HANDLE_STATE) >> 2], 2)
    assert.equal(words[(semaphore + STEP) >> 2], 0)
  }
})

test('the waiters behind a dead first waiter are served', limit, () => {
  const lives = newBackends(4)
  const { core, words } = lives
  const semaphore = newSemaphore(lives, 1)
  const [big, small] = [2, 1].map(wanted => {
    const [waiter, record] = [lives.waiter(MAIN, 0), core.newHandle(MAIN, 1, semaphore, 0)]
    assert.equal(core.acquireRegister(MAIN, semaphore, waiter, record, wanted), 1)
    return { waiter, record }
  })
  core.unregisterWaiter(MAIN, big.waiter)
  core.serveQueue(MAIN, semaphore)
  assert.equal(words[(small.waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
  assert.equal(words[(small.record + HANDLE_STATE) >> 2], 1)
})
