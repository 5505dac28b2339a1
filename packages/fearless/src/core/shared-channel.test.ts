/** A stream with many receivers: takes under the latch, room of permits, and upgrades of weak senders. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CHANNEL_CLOSED,
  CHANNEL_HANDLES,
  CHANNEL_RESERVED,
  CHANNEL_SENDERS,
  CLOSED,
  FULL,
  IF_ROOM,
  MESSAGE_BYTES,
  MESSAGE_LENGTH,
  MESSAGE_NEXT,
  OVER,
  PUSHED,
  RECEIVERS_CLOSED,
  SENDERS_CLOSED,
  MPMC,
  MPSC,
  TAKEN_BLOCK,
  TAKEN_EMPTY,
  TAKEN_NUMBER,
} from './channel.ts'
import { HANDLE_OWNER } from './handles.ts'
import { HEAP_TOP, SLOT_ADDRESS, SLOT_RECEIVED, SLOT_KIND, SLOT_PENDING } from './layout.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'

const limit = { timeout: 20_000 }
type Message = number | Uint8Array

function pattern(length: number, salt: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + salt) & 255)
}

/** Returns the message that a take by `self` has found, as channel/channel.ts reads it; undefined if it found none. */
function found(lives: Backends, self: number, number: number): Message | undefined {
  const { core, words, bytes } = lives
  if (!Number.isNaN(number)) return number
  const kind = words[(self + SLOT_KIND) >> 2]
  if (kind === TAKEN_EMPTY) return undefined
  if (kind === TAKEN_NUMBER) return NaN
  assert.equal(kind, TAKEN_BLOCK)
  const at = words[(self + SLOT_ADDRESS) >> 2]
  assert.equal(words[(self + SLOT_RECEIVED) >> 2], at)
  const message = bytes.slice(at + MESSAGE_BYTES, at + MESSAGE_BYTES + words[(at + MESSAGE_LENGTH) >> 2])
  lives.poke(self + SLOT_RECEIVED, words[(at + MESSAGE_NEXT) >> 2])
  core.free(self, at)
  return message
}

for (const capacity of [0, 1, 5]) {
  test(
    `random messages, permits and evictions keep FIFO order: ${capacity === 0 ? 'unbounded' : `capacity ${capacity}`}`,
    limit,
    () => {
      const lives = newBackends(32)
      const { core, words, fill } = lives
      const random = newRandom(capacity + 7)
      const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
      const scratch = core.allocate(MAIN, 100_000)
      const channel = core.newChannel(MAIN, MPMC, capacity)
      const sent: Message[] = []
      const permits: number[] = []
      const push = (self: number, how: number, salt: number): { message: Message; answer: number } => {
        if (random.below(2) === 0) {
          const message = random.pick([salt, -0, NaN, 0.5, Infinity])
          return { message, answer: core.pushNumber(self, channel, message, how) }
        }
        const message = pattern(8 * random.below(random.pick([3, 60, 1500])), salt)
        fill(scratch, message)
        return { message, answer: core.pushBytes(self, channel, scratch, message.length, how) }
      }
      for (let step = 0; step < 6000; step++) {
        const self = random.pick(slots)
        const full = capacity !== 0 && sent.length + permits.length >= capacity
        switch (random.below(capacity === 0 ? 4 : 8)) {
          case 0:
          case 1: {
            const { message, answer } = push(self, IF_ROOM, step)
            assert.equal(answer, full ? FULL : PUSHED)
            if (!full) sent.push(message)
            break
          }
          case 2:
          case 3:
            assert.equal(core.hasSharedMessage(self, channel), sent.length === 0 ? 0 : 1)
            assert.deepEqual(found(lives, self, core.takeShared(self, channel)), sent.shift())
            break
          case 4: {
            const permit = core.newHandle(self, 1, channel, 0)
            assert.equal(core.reserve(self, channel, permit, 0), full ? FULL : PUSHED)
            if (!full) permits.push(permit)
            else core.freeHandle(self, permit)
            break
          }
          case 5: {
            const permit = permits.splice(random.below(permits.length), 1)[0]
            if (permit === undefined) break
            const { message, answer } = push(self, permit, step)
            assert.equal(answer, PUSHED)
            sent.push(message)
            // The permit was used, so it has no room to return.
            core.unreserve(self, channel, permit)
            assert.equal(core.dropSender(self, channel, permit), 0)
            core.freeHandle(self, permit)
            break
          }
          case 6: {
            const permit = permits.pop()
            if (permit === undefined) break
            core.unreserve(self, channel, permit)
            assert.equal(core.dropSender(self, channel, permit), 0)
            core.freeHandle(self, permit)
            break
          }
          default: {
            // A push beyond the capacity evicts the oldest message.
            const { message, answer } = push(self, OVER, step)
            assert.equal(answer, PUSHED)
            sent.push(message)
            const evicted = found(lives, self, core.takeSurplus(self, channel))
            assert.deepEqual(evicted, sent.length > capacity ? sent.shift() : undefined)
          }
        }
        assert.equal(words[(channel + CHANNEL_RESERVED) >> 2], permits.length)
        assert.equal(core.isFull(channel), sent.length + permits.length >= capacity ? 1 : 0)
        assert.equal(words[(self + SLOT_PENDING) >> 2], 0)
      }
      for (const message of sent) assert.deepEqual(found(lives, MAIN, core.takeShared(MAIN, channel)), message)
      assert.equal(found(lives, MAIN, core.takeShared(MAIN, channel)), undefined)
      lives.same()
    },
  )
}

test('the received messages of a thread are listed, the last received first', limit, () => {
  const lives = newBackends(4)
  const { core, words, fill } = lives
  const scratch = core.allocate(MAIN, 64)
  fill(scratch, pattern(16, 1))
  const channel = core.newChannel(MAIN, MPMC, 0)
  for (let i = 0; i < 3; i++) assert.equal(core.pushBytes(MAIN, channel, scratch, 16, IF_ROOM), PUSHED)
  const blocks = [0, 1, 2].map(() => {
    assert.ok(Number.isNaN(core.takeShared(MAIN, channel)))
    return words[(MAIN + SLOT_ADDRESS) >> 2]
  })
  const list: number[] = []
  for (let at = words[(MAIN + SLOT_RECEIVED) >> 2]; at !== 0; at = words[(at + MESSAGE_NEXT) >> 2]) list.push(at)
  assert.deepEqual(list, blocks.toReversed())
  lives.same()
})

test('segments are freed when any of several receivers has passed them', limit, () => {
  const lives = newBackends(8)
  const { core, words } = lives
  const slots = [MAIN, core.newSlot(MAIN)]
  const channel = core.newChannel(MAIN, MPMC, 0)
  const round = (): void => {
    for (let i = 0; i < 10_000; i++) assert.equal(core.pushNumber(MAIN, channel, i, IF_ROOM), PUSHED)
    for (let i = 0; i < 10_000; i++) assert.equal(core.takeShared(slots[i % 2], channel), i)
  }
  round()
  round()
  const top = words[HEAP_TOP >> 2]
  for (let i = 0; i < 20; i++) round()
  assert.equal(words[HEAP_TOP >> 2], top)
  lives.same()
})

test('senders and receivers of every kind are counted and the last of a side closes it', limit, () => {
  const lives = newBackends(4)
  const { core, words } = lives
  const word = (at: number): number => words[at >> 2]
  for (const flavour of [MPSC, MPMC]) {
    const channel = core.newChannel(MAIN, flavour, 2)
    const handle = (): number => core.newHandle(MAIN, 1, channel, 0)
    const [sender, receiver] = [handle(), handle()]
    const weak = handle()
    core.shareWeak(MAIN, channel, weak)
    assert.equal(word(channel + CHANNEL_HANDLES), 3)
    const upgraded = handle()
    assert.equal(core.upgradeSender(MAIN, channel, upgraded), 1)
    assert.equal(word(upgraded + HANDLE_OWNER), -2)
    assert.equal(core.dropSender(MAIN, channel, sender), 0)
    assert.equal(word(channel + CHANNEL_CLOSED), 0)
    const permit = handle()
    assert.equal(core.reserve(MAIN, channel, permit, 0), PUSHED)
    assert.equal(core.dropSender(MAIN, channel, upgraded), 0)
    assert.equal(word(channel + CHANNEL_SENDERS), 1)
    core.unreserve(MAIN, channel, permit)
    core.unreserve(MAIN, channel, permit)
    assert.equal(word(channel + CHANNEL_RESERVED), 0)
    assert.equal(core.dropSender(MAIN, channel, permit), 0)
    assert.equal(word(channel + CHANNEL_CLOSED), SENDERS_CLOSED)
    assert.equal(core.upgradeSender(MAIN, channel, sender), 0)
    const another = handle()
    core.shareReceiver(MAIN, channel, another)
    assert.equal(core.dropReceiver(MAIN, channel, receiver), 0)
    assert.equal(word(channel + CHANNEL_CLOSED), SENDERS_CLOSED)
    assert.equal(core.removeChannelHandle(channel, receiver), 0)
    assert.equal(core.dropReceiver(MAIN, channel, another), 1)
    assert.equal(word(channel + CHANNEL_CLOSED), SENDERS_CLOSED | RECEIVERS_CLOSED)
    assert.equal(core.removeChannelHandle(channel, another), 0)
    // The weak sender.
    assert.equal(core.removeChannelHandle(channel, weak), 1)
    core.freeChannel(MAIN, channel)
  }
  lives.same()
})

test('a closed channel refuses sends but accepts the messages of permits', limit, () => {
  const lives = newBackends(4)
  const { core } = lives
  const channel = core.newChannel(MAIN, MPMC, 2)
  const [permit, late] = [core.newHandle(MAIN, 1, channel, 0), core.newHandle(MAIN, 1, channel, 0)]
  assert.equal(core.reserve(MAIN, channel, permit, 0), PUSHED)
  core.closeReceiving(MAIN, channel)
  core.closeReceiving(MAIN, channel)
  assert.equal(core.pushNumber(MAIN, channel, 1, IF_ROOM), CLOSED)
  assert.equal(core.reserve(MAIN, channel, late, 0), CLOSED)
  assert.equal(core.pushNumber(MAIN, channel, 2, permit), PUSHED)
  assert.equal(core.takeShared(MAIN, channel), 2)
  core.dropReceiver(MAIN, channel, late)
  assert.equal(core.pushNumber(MAIN, channel, 3, permit), CLOSED)
  lives.same()
})
