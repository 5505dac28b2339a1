/**
 * Broadcast and watch channels: senders and receivers subscribe, lag, read slowly and are dropped; a message is dropped
 * once.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BROADCAST_SENT, RECEIVER_BYTES, TAKEN_LAG } from './broadcast.ts'
import { MESSAGE_BYTES, MESSAGE_NEXT, TAKEN_BLOCK, TAKEN_EMPTY, TAKEN_NUMBER } from './channel.ts'
import { HEAP_TOP, SLOT_ADDRESS, SLOT_RECEIVED, SLOT_KIND, SLOT_LENGTH } from './layout.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'
import { MESSAGE_DETACHED, MESSAGE_READERS } from './pin.ts'
import { WATCHER_BYTES } from './watch.ts'

const limit = { timeout: 20_000 }

/** Messages by address, without those that were dropped. */
function newMessages(lives: Backends): {
  make(n: number): number
  numberOf(at: number): number
  left(): number[]
  end(): void
} {
  const { core, words, poke } = lives
  const numbers = new Map<number, number>()
  return {
    make(n) {
      const at = core.allocate(MAIN, MESSAGE_BYTES + 16)
      for (const [offset, value] of [
        [MESSAGE_READERS, 0],
        [MESSAGE_DETACHED, 0],
        [MESSAGE_BYTES, n],
      ])
        poke(at + offset, value)
      numbers.set(at, n)
      return at
    },
    numberOf(at) {
      const n = numbers.get(at)
      assert.ok(n !== undefined, `the message at ${at} was already dropped`)
      return n
    },
    left: () => [...numbers.values()].sort((a, b) => a - b),
    /** Drops the messages in this thread's list of received messages, as channel/read-pinned.ts does. */
    end() {
      for (let at = words[(MAIN + SLOT_RECEIVED) >> 2]; at !== 0; at = words[(MAIN + SLOT_RECEIVED) >> 2]) {
        assert.ok(numbers.delete(at), 'the message was dropped twice')
        assert.equal(words[(at + MESSAGE_READERS) >> 2], 0)
        poke(MAIN + SLOT_RECEIVED, words[(at + MESSAGE_NEXT) >> 2])
        core.free(MAIN, at)
      }
    },
  }
}

interface Listener {
  readonly receiver: number
  readonly handle: number
  next: number
  /** The message that it reads now. */
  reading: number
}

for (const start of [0, 0x7fff_ffe0]) {
  for (const capacity of [1, 4, 16]) {
    test(
      `a random broadcast of capacity ${capacity} delivers every message once${start === 0 ? '' : ' while the counts wrap around'}`,
      limit,
      () => {
        const lives = newBackends(16)
        const { core, words, poke } = lives
        const random = newRandom(capacity + start)
        const messages = newMessages(lives)
        const channel = core.newBroadcast(MAIN, capacity)
        poke(channel + BROADCAST_SENT, start)
        const sender = core.newHandle(MAIN, 1, channel, 0)
        const kept: { n: number; isMessage: boolean; unseen: Set<Listener> }[] = []
        const listeners: Listener[] = []
        let sent = 0
        const missed = (listener: Listener): number => Math.max(0, sent - listener.next - capacity)
        for (let step = 0; step < 6000; step++) {
          const listener = listeners.length === 0 ? undefined : random.pick(listeners)
          switch (random.below(8)) {
            case 0:
            case 1:
            case 2: {
              const isMessage = random.below(2) === 0
              const message = isMessage ? messages.make(sent) : 0
              assert.equal(core.sendBroadcast(MAIN, channel, isMessage ? NaN : sent, message), listeners.length)
              if (listeners.length === 0) {
                if (isMessage) {
                  // Nothing was sent, so this thread still owns the message.
                  poke(message + MESSAGE_NEXT, words[(MAIN + SLOT_RECEIVED) >> 2])
                  poke(MAIN + SLOT_RECEIVED, message)
                  messages.end()
                }
                break
              }
              messages.end()
              kept.push({ n: sent, isMessage, unseen: new Set(listeners) })
              sent++
              break
            }
            case 3:
            case 4:
            case 5: {
              if (listener === undefined || listener.reading >= 0) break
              const lag = missed(listener)
              const number = core.recvBroadcast(MAIN, listener.receiver, listener.handle)
              const kind = words[(MAIN + SLOT_KIND) >> 2]
              if (lag > 0) {
                assert.equal(kind, TAKEN_LAG)
                assert.equal(words[(MAIN + SLOT_LENGTH) >> 2], lag)
                for (const { n, unseen } of kept) if (n < listener.next + lag) unseen.delete(listener)
                listener.next += lag
              } else if (listener.next === sent) assert.equal(kind, TAKEN_EMPTY)
              else {
                const { n, isMessage, unseen } = kept[listener.next]
                listener.next++
                if (isMessage) {
                  assert.equal(kind, TAKEN_BLOCK)
                  assert.equal(messages.numberOf(words[(MAIN + SLOT_ADDRESS) >> 2]), n)
                  listener.reading = n
                } else {
                  assert.equal(kind, TAKEN_NUMBER)
                  assert.equal(number, n)
                  unseen.delete(listener)
                }
              }
              break
            }
            case 6:
              if (listener === undefined || listener.reading < 0) break
              core.unpinBroadcast(MAIN, listener.receiver, listener.handle)
              messages.end()
              kept[listener.reading].unseen.delete(listener)
              listener.reading = -1
              break
            default:
              if (listener !== undefined && random.below(2) === 0) {
                core.unsubscribe(MAIN, listener.receiver, listener.handle)
                messages.end()
                core.freeHandle(MAIN, listener.handle)
                core.free(MAIN, listener.receiver)
                for (const { unseen } of kept) unseen.delete(listener)
                listeners.splice(listeners.indexOf(listener), 1)
              } else if (listeners.length < 5) {
                const receiver = core.allocate(MAIN, RECEIVER_BYTES)
                const handle = core.newHandle(MAIN, 1, receiver, 0)
                core.subscribe(MAIN, channel, receiver, handle)
                listeners.push({ receiver, handle, next: sent, reading: -1 })
              }
          }
          const expected = kept.filter(
            ({ n, isMessage, unseen }) =>
              isMessage &&
              ((n >= sent - capacity && unseen.size > 0) || listeners.some(({ reading }) => reading === n)),
          )
          assert.deepEqual(
            messages.left(),
            expected.map(({ n }) => n),
          )
        }
        for (const { receiver, handle } of listeners) core.unsubscribe(MAIN, receiver, handle)
        messages.end()
        assert.deepEqual(messages.left(), [])
        core.dropBroadcaster(MAIN, channel, sender)
        lives.same()
      },
    )
  }
}

test('random receivers of a watch channel see the newest value', limit, () => {
  const lives = newBackends(8)
  const { core, words } = lives
  const random = newRandom(5)
  const messages = newMessages(lives)
  const channel = core.newWatch(MAIN, 0, 0)
  let current = { n: 0, isMessage: false }
  const readers: { receiver: number; handle: number; reading: number }[] = []
  for (let step = 0; step < 8000; step++) {
    const reader = readers.length === 0 ? undefined : random.pick(readers)
    switch (random.below(5)) {
      case 0: {
        const isMessage = random.below(2) === 0
        const always = random.below(2)
        const message = isMessage ? messages.make(step) : 0
        const changes = always === 1 || readers.length > 0
        assert.equal(core.setWatched(MAIN, channel, isMessage ? NaN : step, message, always), changes ? 1 : 0)
        messages.end()
        if (changes) current = { n: step, isMessage }
        else if (isMessage) {
          lives.poke(message + MESSAGE_NEXT, 0)
          lives.poke(MAIN + SLOT_RECEIVED, message)
          messages.end()
        }
        break
      }
      case 1:
      case 2: {
        if (reader === undefined || reader.reading >= 0) break
        const number = core.borrowWatched(MAIN, channel, reader.handle, reader.receiver)
        if (current.isMessage) {
          assert.equal(words[(MAIN + SLOT_KIND) >> 2], TAKEN_BLOCK)
          assert.equal(messages.numberOf(words[(MAIN + SLOT_ADDRESS) >> 2]), current.n)
          reader.reading = current.n
        } else assert.equal(number, current.n)
        break
      }
      case 3:
        if (reader === undefined || reader.reading < 0) break
        core.unpinWatched(MAIN, channel, reader.handle)
        messages.end()
        reader.reading = -1
        break
      default:
        if (reader !== undefined && random.below(2) === 0) {
          core.unpinWatched(MAIN, channel, reader.handle)
          messages.end()
          core.dropWatchReceiver(MAIN, reader.receiver)
          core.freeHandle(MAIN, reader.handle)
          core.free(MAIN, reader.receiver)
          readers.splice(readers.indexOf(reader), 1)
        } else if (readers.length < 4) {
          const receiver = core.allocate(MAIN, WATCHER_BYTES)
          const handle = core.newHandle(MAIN, 1, receiver, 0)
          core.subscribeWatch(MAIN, channel, receiver, handle, 0)
          readers.push({ receiver, handle, reading: -1 })
        }
    }
    const expected = new Set(readers.filter(({ reading }) => reading >= 0).map(({ reading }) => reading))
    if (current.isMessage) expected.add(current.n)
    assert.deepEqual(
      messages.left(),
      [...expected].sort((a, b) => a - b),
    )
  }
  lives.same()
})

test('the last handle of a broadcast channel frees its memory', limit, () => {
  const lives = newBackends(4)
  const { core, words } = lives
  const round = (): void => {
    const channel = core.newBroadcast(MAIN, 8)
    const [sender, other] = [core.newHandle(MAIN, 1, channel, 0), core.newHandle(MAIN, 1, channel, 0)]
    core.shareBroadcaster(MAIN, channel, other)
    const receiver = core.allocate(MAIN, RECEIVER_BYTES)
    const handle = core.newHandle(MAIN, 1, receiver, 0)
    core.subscribe(MAIN, channel, receiver, handle)
    assert.equal(core.sendBroadcast(MAIN, channel, 1, 0), 1)
    for (const end of [sender, other]) {
      core.dropBroadcaster(MAIN, channel, end)
      core.dropBroadcastHandle(MAIN, channel)
      core.freeHandle(MAIN, end)
    }
    assert.equal(core.recvBroadcast(MAIN, receiver, handle), 1)
    core.unsubscribe(MAIN, receiver, handle)
    core.dropBroadcastHandle(MAIN, channel)
    core.free(MAIN, receiver)
    core.freeHandle(MAIN, handle)
  }
  round()
  const top = words[HEAP_TOP >> 2]
  for (let i = 0; i < 5000; i++) round()
  assert.equal(words[HEAP_TOP >> 2], top)
  lives.same()
})
