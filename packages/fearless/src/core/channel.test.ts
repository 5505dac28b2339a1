/** The stream of a channel: numbers and bytes arrive once and in order, at any position of a segment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CHANNEL_CLOSED,
  CHANNEL_PUSHED,
  CHANNEL_TAKEN,
  CLOSED,
  FULL,
  IF_ROOM,
  NO_ROOM,
  PUSHED,
  RECEIVERS_CLOSED,
  SENDERS_CLOSED,
} from './channel.ts'
import {
  MESSAGE_BYTES,
  MESSAGE_LENGTH,
  MESSAGE_NEXT,
  MPSC,
  TAKEN_BLOCK,
  TAKEN_BYTES,
  TAKEN_EMPTY,
  TAKEN_NUMBER,
} from './channel.ts'
import { HEAP_TOP, SLOT_ADDRESS, SLOT_RECEIVED, SLOT_KIND, SLOT_LENGTH } from './layout.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'

const limit = { timeout: 20_000 }

/** Adds a sender and returns its handle record. */
function shareSender({ core }: Backends, channel: number): number {
  const handle = core.newHandle(MAIN, 1, channel, 0)
  core.shareSender(MAIN, channel, handle)
  return handle
}

/** Drops the only receiver. Returns 1 if that was the channel's last handle. */
function endReceiver({ core }: Backends, channel: number): number {
  const handle = core.newHandle(MAIN, 1, channel, 0)
  assert.equal(core.dropReceiver(MAIN, channel, handle), 1)
  const last = core.removeChannelHandle(channel, handle)
  core.freeHandle(MAIN, handle)
  return last
}

/** Drops a sender. Returns 1 if that was the channel's last handle. */
function endSender({ core }: Backends, channel: number, handle: number): number {
  const last = core.dropSender(MAIN, channel, handle)
  core.freeHandle(MAIN, handle)
  return last
}

const bits = new DataView(new ArrayBuffer(8))
/** Returns a NaN with a payload, which would look like the header of a message if it were stored unchanged. */
function nan(high: number, low: number): number {
  bits.setInt32(0, high)
  bits.setInt32(4, low)
  return bits.getFloat64(0)
}

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.1,
  2 ** 31,
  -(2 ** 31),
  2 ** 53,
  5e-324,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Infinity,
  -Infinity,
  NaN,
  nan(0xfff80002, 64),
  nan(0xfff80003, 0x7fffffff),
  nan(0xfff80000, 0),
  nan(0x7ff80001, 1),
  nan(0xffffffff, -1),
  nan(0xfff00000, 1),
]

type Message = number | Uint8Array

/** Takes the next message as channel/channel.ts does. Returns undefined if there is none. */
function take(lives: Backends, channel: number): Message | undefined {
  const { core, words, bytes } = lives
  const number = core.takeMessage(MAIN, channel)
  if (!Number.isNaN(number)) return number
  const kind = words[(MAIN + SLOT_KIND) >> 2]
  if (kind === TAKEN_EMPTY) return undefined
  if (kind === TAKEN_NUMBER) return NaN
  assert.ok(kind === TAKEN_BYTES || kind === TAKEN_BLOCK)
  const at = words[(MAIN + SLOT_ADDRESS) >> 2]
  if (kind === TAKEN_BYTES) {
    const message = bytes.slice(at, at + words[(MAIN + SLOT_LENGTH) >> 2])
    core.releaseBytes(MAIN, channel)
    return message
  }
  // The message is the last that this thread received.
  assert.equal(words[(MAIN + SLOT_RECEIVED) >> 2], at)
  const message = bytes.slice(at + MESSAGE_BYTES, at + MESSAGE_BYTES + words[(at + MESSAGE_LENGTH) >> 2])
  lives.poke(MAIN + SLOT_RECEIVED, words[(at + MESSAGE_NEXT) >> 2])
  core.free(MAIN, at)
  return message
}

function pattern(length: number, salt: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + salt) & 255)
}

for (const shared of [false, true]) {
  for (const capacity of [0, 1, 8]) {
    const name = `${shared ? 'several senders' : 'one sender'}, ${capacity === 0 ? 'unbounded' : `capacity ${capacity}`}`
    test(`random messages arrive once and in order: ${name}`, limit, () => {
      const lives = newBackends(32)
      const { core, words, fill } = lives
      const random = newRandom(capacity + 1)
      const other = core.newSlot(MAIN)
      const scratch = core.allocate(MAIN, 200_000)
      const channel = core.newChannel(MAIN, MPSC, capacity)
      if (shared) shareSender(lives, channel)
      const sent: Message[] = []
      for (let step = 0; step < 4000; step++) {
        const self = shared ? random.pick([MAIN, other]) : other
        const filling = step % 800 < 500
        if (random.below(10) < (filling ? 7 : 3)) {
          let message: Message
          let answer: number
          if (random.below(2) === 0) {
            message = random.pick(NUMBERS)
            answer = core.pushNumber(self, channel, message, IF_ROOM)
          } else {
            message = pattern(8 * random.below(random.pick([3, 40, 1025, 2000])), step)
            fill(scratch, message)
            answer = core.pushBytes(self, channel, scratch, message.length, IF_ROOM)
          }
          const full = capacity !== 0 && sent.length === capacity
          assert.equal(answer, full ? FULL : PUSHED)
          if (!full) sent.push(message)
        } else {
          assert.equal(core.hasMessage(channel), sent.length === 0 ? 0 : 1)
          assert.deepEqual(take(lives, channel), sent.shift())
        }
        assert.equal(words[(channel + CHANNEL_PUSHED) >> 2] - words[(channel + CHANNEL_TAKEN) >> 2], sent.length)
      }
      while (sent.length > 0) assert.deepEqual(take(lives, channel), sent.shift())
      assert.equal(take(lives, channel), undefined)
      lives.same()
    })
  }
}

test('messages of every length arrive from every offset of a segment', limit, () => {
  const lives = newBackends(16)
  const { core, fill } = lives
  const scratch = core.allocate(MAIN, 16_384)
  const channel = core.newChannel(MAIN, MPSC, 0)
  for (let units = 0; units <= 1030; units++) {
    const message = pattern(units * 8, units)
    fill(scratch, message)
    for (let i = units % 5; i >= 0; i--) assert.equal(core.pushNumber(MAIN, channel, i, IF_ROOM), PUSHED)
    assert.equal(core.pushBytes(MAIN, channel, scratch, message.length, IF_ROOM), PUSHED)
    for (let i = units % 5; i >= 0; i--) assert.equal(take(lives, channel), i)
    assert.deepEqual(take(lives, channel), message)
  }
  lives.same()
})

test('a channel keeps its capacity while the counts wrap around', limit, () => {
  const lives = newBackends(4)
  const { core, poke } = lives
  const channel = core.newChannel(MAIN, MPSC, 3)
  poke(channel + CHANNEL_PUSHED, 0x7fff_fffe)
  poke(channel + CHANNEL_TAKEN, 0x7fff_fffe)
  for (let i = 0; i < 10; i++) {
    for (let k = 0; k < 3; k++) assert.equal(core.pushNumber(MAIN, channel, k, IF_ROOM), PUSHED)
    assert.equal(core.pushNumber(MAIN, channel, 9, IF_ROOM), FULL)
    for (let k = 0; k < 3; k++) assert.equal(take(lives, channel), k)
  }
  lives.same()
})

test('a push into a full heap is refused and loses no message', limit, () => {
  const lives = newBackends(4)
  const { core, fill } = lives
  for (const shared of [false, true]) {
    const scratch = core.allocate(MAIN, 8192)
    const channel = core.newChannel(MAIN, MPSC, 0)
    if (shared) shareSender(lives, channel)
    const rounds = [0, 1].map(() => {
      const sent: Message[] = []
      for (;;) {
        const message = sent.length % 3 === 0 ? sent.length : pattern(8 * (sent.length % 700), sent.length)
        if (typeof message !== 'number') fill(scratch, message)
        const answer =
          typeof message === 'number'
            ? core.pushNumber(MAIN, channel, message, IF_ROOM)
            : core.pushBytes(MAIN, channel, scratch, message.length, IF_ROOM)
        if (answer === NO_ROOM) break
        assert.equal(answer, PUSHED)
        sent.push(message)
      }
      assert.equal(core.allocate(MAIN, 32_768), 0)
      for (const message of sent) assert.deepEqual(take(lives, channel), message)
      assert.equal(take(lives, channel), undefined)
      return sent.length
    })
    assert.ok(rounds[0] > 100 && rounds[1] > rounds[0] * 0.9, rounds.join())
    endReceiver(lives, channel)
    core.freeChannel(MAIN, channel)
    core.free(MAIN, scratch)
  }
  lives.same()
})

test('the last handle of a side closes it and the last of both frees the channel', limit, () => {
  const lives = newBackends(4)
  const { core, words } = lives
  const gone = (channel: number): number => words[(channel + CHANNEL_CLOSED) >> 2]
  const round = (): void => {
    const channel = core.newChannel(MAIN, MPSC, 0)
    const first = core.newHandle(MAIN, 1, channel, 0)
    const another = shareSender(lives, channel)
    core.pushNumber(MAIN, channel, 1, IF_ROOM)
    assert.equal(endSender(lives, channel, another), 0)
    assert.equal(gone(channel), 0)
    assert.equal(endSender(lives, channel, first), 0)
    assert.equal(gone(channel), SENDERS_CLOSED)
    assert.equal(take(lives, channel), 1)
    assert.equal(endReceiver(lives, channel), 1)
    assert.equal(gone(channel), SENDERS_CLOSED | RECEIVERS_CLOSED)
    core.freeChannel(MAIN, channel)

    const second = core.newChannel(MAIN, MPSC, 4)
    assert.equal(endReceiver(lives, second), 0)
    assert.equal(core.pushNumber(MAIN, second, 1, IF_ROOM), CLOSED)
    assert.equal(core.pushBytes(MAIN, second, 4096, 8, IF_ROOM), CLOSED)
    assert.equal(endSender(lives, second, core.newHandle(MAIN, 1, second, 0)), 1)
    core.freeChannel(MAIN, second)
  }
  round()
  const top = words[HEAP_TOP >> 2]
  for (let i = 0; i < 10_000; i++) round()
  assert.equal(words[HEAP_TOP >> 2], top)
  lives.same()
})
