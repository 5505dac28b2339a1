/** `recvMany`: a message together with the messages behind it, in order, each received once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ClosedError,
  TimeoutError,
  clone,
  drop,
  move,
  mpmc,
  mpsc,
  select,
  sendable,
  sleep,
  thread,
  type Receiver,
  type Sendable,
} from 'fearless'

const limit = { timeout: 30_000 }

test('recvMany returns the available messages of all kinds in order up to its limit', limit, async () => {
  const [tx, rx] = mpsc.channel<number | string | number[] | { four: number }>()
  const sent = [1, 2.5, NaN, 'three', { four: 4 }, 5, 6, [7], 8, -0]
  for (const value of sent) tx.send(clone(value))
  assert.deepEqual(await rx.recvMany(3), sent.slice(0, 3))
  assert.deepEqual(rx.recvMany(1).wait(), ['three'])
  assert.equal(rx.length, 6)
  assert.deepEqual(rx.recvMany(100).try(), sent.slice(4))
  assert.equal(rx.length, 0)
  assert.equal(rx.recvMany(100).try(), undefined)
})

test('recvMany waits for the first message only, and returns the last messages before the end', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const batch = rx.recvMany(10).then(values => values)
  tx.send(1)
  assert.deepEqual(await batch, [1])
  await assert.rejects(async () => rx.recvMany(1).within(5), TimeoutError)
  assert.throws(() => rx.recvMany(1).wait(0), TimeoutError)
  for (let i = 0; i < 5; i++) tx.send(i)
  drop(tx)
  assert.deepEqual(await rx.recvMany(3), [0, 1, 2])
  assert.deepEqual(await rx.recvMany(3), [3, 4])
  for (let i = 0; i < 2; i++) {
    assert.throws(() => rx.recvMany(3).try(), ClosedError)
    assert.throws(() => rx.recvMany(3).wait(), ClosedError)
    await assert.rejects(async () => rx.recvMany(3), ClosedError)
  }
})

test('a limit of recvMany must be a whole number of at least 1', limit, () => {
  const [, rx] = mpsc.channel<number>()
  const [, shared] = mpmc.channel<number>()
  for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => rx.recvMany(wrong), RangeError)
    assert.throws(() => shared.recvMany(wrong), RangeError)
  }
})

test('a losing arm of a select and a wait that times out have received nothing', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  assert.deepEqual(await select({ late: sleep(1), batch: rx.recvMany(4) }), { key: 'late', value: undefined })
  await assert.rejects(async () => rx.recvMany(4).within(1), TimeoutError)
  for (let i = 0; i < 3; i++) tx.send(i)
  assert.deepEqual(await select({ batch: rx.recvMany(2), late: sleep(10_000) }), { key: 'batch', value: [0, 1] })
  assert.deepEqual(await rx.recvMany(2), [2])
})

test('the room that recvMany makes in a bounded channel goes to waiting senders', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(2)
  const sender = thread.spawn(
    move(() => {
      for (let i = 0; i < 1000; i++) tx.send(i).wait()
    }),
  )
  const received: number[] = []
  while (received.length < 1000) {
    const batch = await rx.recvMany(7)
    assert.ok(batch.length >= 1 && batch.length <= 7)
    received.push(...batch)
  }
  assert.deepEqual(
    received,
    Array.from({ length: 1000 }, (_, i) => i),
  )
  await sender.join()
  await assert.rejects(async () => rx.recvMany(7), ClosedError)
})

test('recvMany meets waiting senders of a rendezvous', limit, async () => {
  const [tx, rx] = mpsc.channel<string>(0)
  const sending = ['a', 'b', 'c'].map(value => tx.send(value).then(() => value))
  const received = await rx.recvMany(2)
  received.push(...(await rx.recvMany(2)))
  assert.deepEqual(received, ['a', 'b', 'c'])
  assert.deepEqual(await Promise.all(sending), ['a', 'b', 'c'])
})

test('of several receivers exactly one gets each message', limit, async () => {
  const [tx, rx] = mpmc.channel<number>()
  const receivers = [0, 1].map(() => {
    const mine = rx.clone()
    return thread.spawn(
      move(() => {
        let sum = 0
        try {
          for (;;) for (const value of mine.recvMany(64).wait()) sum += value
        } catch (error) {
          if ((error as { code?: string }).code !== 'FL0003') throw error
        }
        return sum
      }),
    )
  })
  for (let i = 1; i <= 10_000; i++) tx.send(i)
  drop(tx)
  drop(rx)
  let sum = 0
  for (const receiver of receivers) sum += await receiver.join()
  assert.equal(sum, (10_000 * 10_001) / 2)
})

test('recvMany between threads loses, doubles and reorders no message', limit, async () => {
  const [tx, rx] = mpsc.channel<number | string>()
  const receiver = thread.spawn(count, rx)
  for (let i = 0; i < 100_000; i++) tx.send(i % 3 === 0 ? `${i}` : i)
  drop(tx)
  assert.equal(await receiver.join(), 100_000)
})

function count(rx: Receiver<number | string>): number {
  let next = 0
  for (;;) {
    let batch: (number | string)[]
    try {
      batch = rx.recvMany(100).wait()
    } catch (error) {
      if (error instanceof ClosedError) return next
      throw error
    }
    for (const value of batch) {
      if (Number(value) !== next++) throw new Error(`${value} came as number ${next - 1}`)
    }
  }
}

/* oxlint-disable typescript/no-unsafe-declaration-merging -- the way in which a class declares that it is registered */
/** A value that cannot be decoded: its receive throws. */
class Unreadable {}
interface Unreadable extends Sendable<'Unreadable'> {}
sendable(Unreadable, {
  write: () => 0,
  read: () => {
    throw new Error('unreadable')
  },
})

test(
  'the error of an undecodable message is thrown once, after the messages before it, and later messages stay',
  limit,
  async () => {
    const [tx, rx] = mpsc.channel<number | Unreadable>()
    for (const value of [1, new Unreadable(), 2, 3]) tx.send(value)
    assert.deepEqual(await rx.recvMany(10), [1])
    await assert.rejects(async () => rx.recv(), /unreadable/)
    assert.deepEqual(await rx.recvMany(10), [2, 3])
  },
)
