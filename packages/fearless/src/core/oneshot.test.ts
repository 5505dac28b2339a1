/** A oneshot: every order of send, take, close and drop, in both backends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLOSED, MESSAGE_NEXT, PUSHED, TAKEN_BLOCK, TAKEN_EMPTY } from './channel.ts'
import { HEAP_TOP, SLOT_ADDRESS, SLOT_RECEIVED, SLOT_KIND, SLOT_PACKING } from './layout.ts'
import { MAIN, newBackends, newRandom } from './backends.fixture.ts'
import { ONESHOT_STATE, RECEIVER_GONE, SENDER_GONE, SENT, TAKEN } from './oneshot.ts'

test('a oneshot behaves as predicted for random orders of its operations', { timeout: 20_000 }, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const random = newRandom(3)
  let top = 0
  for (let round = 0; round < 20_000; round++) {
    const shot = core.newOneshot(MAIN)
    const [sender, receiver] = [core.newHandle(MAIN, 1, shot, 0), core.newHandle(MAIN, 1, shot, 0)]
    const isBlock = random.below(2) === 0
    const block = isBlock ? core.allocate(MAIN, 32) : 0
    let state = 0
    let [sending, receiving] = [true, true]
    let blockIsOurs = isBlock
    let handles = 2
    while (handles > 0) {
      switch (random.below(5)) {
        case 0:
          if (!sending || (state & SENT) !== 0) break
          poke(MAIN + SLOT_PACKING, 1)
          assert.equal(core.sendOneshot(MAIN, shot, round, block), (state & RECEIVER_GONE) === 0 ? PUSHED : CLOSED)
          assert.equal(words[(MAIN + SLOT_PACKING) >> 2], (state & RECEIVER_GONE) === 0 ? 0 : 1)
          if ((state & RECEIVER_GONE) === 0) {
            state |= SENT
            blockIsOurs = false
          }
          break
        case 1: {
          if (!receiving) break
          const number = core.takeOneshot(MAIN, shot)
          if ((state & (SENT | TAKEN)) !== SENT) assert.equal(words[(MAIN + SLOT_KIND) >> 2], TAKEN_EMPTY)
          else {
            state |= TAKEN
            if (!isBlock) assert.equal(number, round)
            else {
              assert.equal(words[(MAIN + SLOT_KIND) >> 2], TAKEN_BLOCK)
              assert.equal(words[(MAIN + SLOT_ADDRESS) >> 2], block)
              assert.equal(words[(MAIN + SLOT_RECEIVED) >> 2], block)
              poke(MAIN + SLOT_RECEIVED, words[(block + MESSAGE_NEXT) >> 2])
              blockIsOurs = true
            }
          }
          break
        }
        case 2:
          if (!receiving) break
          core.closeOneshot(MAIN, shot)
          state |= RECEIVER_GONE
          break
        case 3:
          if (!sending || random.below(3) > 0) break
          assert.equal(core.dropOneshotSender(MAIN, shot, sender), --handles === 0 ? 1 : 0)
          state |= SENDER_GONE
          sending = false
          break
        default:
          // Before its drop, a receiver closes and takes the message.
          if (!receiving || (state & RECEIVER_GONE) === 0 || (state & (SENT | TAKEN)) === SENT) break
          assert.equal(core.dropOneshotReceiver(shot, receiver), --handles === 0 ? 1 : 0)
          receiving = false
      }
      assert.equal(words[(shot + ONESHOT_STATE) >> 2], state)
    }
    core.freeHandle(MAIN, sender)
    core.freeHandle(MAIN, receiver)
    assert.equal(blockIsOurs, isBlock)
    if (isBlock) core.free(MAIN, block)
    core.free(MAIN, shot)
    if (round === 100) top = words[HEAP_TOP >> 2]
  }
  assert.equal(words[HEAP_TOP >> 2], top)
  lives.same()
})
