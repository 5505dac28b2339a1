/** A rendezvous: a message moves from a sender to a receiver, or stays with the sender. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLOSED, FULL, PUSHED, RENDEZVOUS } from './channel.ts'
import { SLOT_RECEIVED } from './layout.ts'
import { MAIN, newBackends, newRandom } from './backends.fixture.ts'
import { WAITER_STATE, WAITER_TOKEN, WAITER_WOKEN } from './wait-queue.ts'

interface Standing {
  readonly waiter: number
  readonly message: number
}

for (const seed of [1, 2, 3]) {
  test(
    `random senders and receivers exchange messages in FIFO order, some of them give up (seed ${seed})`,
    { timeout: 20_000 },
    () => {
      const lives = newBackends(8)
      const { core, words } = lives
      const random = newRandom(seed)
      const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
      const channel = core.newChannel(MAIN, RENDEZVOUS, 0)
      const token = (waiter: number): number => words[(waiter + WAITER_TOKEN) >> 2]
      const state = (waiter: number): number => words[(waiter + WAITER_STATE) >> 2]
      let side = 'send' as 'send' | 'receive'
      const line: Standing[] = []
      const messages = core.allocate(MAIN, 20_000 * 16)
      for (let step = 0, message = messages; step < 20_000; step++, message += 16) {
        assert.equal(core.hasWaitingReceiver(MAIN, channel), side === 'receive' && line.length > 0 ? 1 : 0)
        const self = random.pick(slots)
        switch (random.below(6)) {
          case 0:
          case 1: {
            const expected: Standing | undefined = side === 'receive' ? line.shift() : undefined
            assert.equal(core.sendToWaiter(self, channel, message), expected === undefined ? FULL : PUSHED)
            if (expected !== undefined) {
              assert.equal(state(expected.waiter), WAITER_WOKEN)
              assert.equal(token(expected.waiter), message)
            } else if (random.below(2) === 0) {
              const waiter = lives.waiter(self, 0)
              assert.equal(core.registerRendezvous(self, channel, waiter, message), 1)
              line.push({ waiter, message })
              side = 'send'
            }
            break
          }
          case 2:
          case 3: {
            const expected: Standing | undefined = side === 'send' ? line.shift() : undefined
            assert.equal(core.receiveFromWaiter(self, channel), expected?.message ?? 0)
            if (expected !== undefined) {
              assert.equal(state(expected.waiter), WAITER_WOKEN)
              assert.equal(token(expected.waiter), 0)
              // The message is in the receiver's list now.
              assert.equal(words[(self + SLOT_RECEIVED) >> 2], expected.message)
            } else if (random.below(2) === 0) {
              const waiter = lives.waiter(self, 0)
              assert.equal(core.registerRendezvous(self, channel, waiter, 0), 1)
              line.push({ waiter, message: 0 })
              side = 'receive'
            }
            break
          }
          case 4: {
            // A waiter cannot register while a waiter of the other side could complete the exchange.
            if (line.length === 0) break
            const waiter = lives.waiter(self, 0)
            assert.equal(core.registerRendezvous(self, channel, waiter, side === 'send' ? 0 : message), 0)
            break
          }
          default: {
            if (line.length === 0) break
            const [gone] = line.splice(random.below(line.length), 1)
            assert.equal(core.unregisterWaiter(self, gone.waiter), 1)
            assert.equal(token(gone.waiter), gone.message)
          }
        }
      }
      // The drop of the receiver wakes all waiters, and senders keep their messages.
      core.dropReceiver(MAIN, channel, core.newHandle(MAIN, 1, channel, 0))
      for (const { waiter, message } of line) {
        assert.equal(state(waiter), WAITER_WOKEN)
        assert.equal(token(waiter), message)
      }
      assert.equal(core.sendToWaiter(MAIN, channel, messages), CLOSED)
      assert.equal(core.registerRendezvous(MAIN, channel, lives.waiter(MAIN, 0), messages), 0)
      lives.same()
    },
  )
}
