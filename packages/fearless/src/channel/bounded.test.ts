/**
 * Bounded channels: a send waits for room, several senders share the room, and `try` on a full channel throws
 * FullError.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AtomicI32,
  ClosedError,
  DroppedError,
  FullError,
  NotSendError,
  TimeoutError,
  drop,
  mpmc,
  move,
  mpsc,
  thread,
  type SyncSender,
} from 'fearless'

const limit = { timeout: 30_000 }

for (const capacity of [1, 2, 8]) {
  test(`capacity ${capacity}: that many sends do not wait and the next one does`, limit, async () => {
    const [tx, rx] = mpsc.channel<number>(capacity)
    assert.equal(tx.capacity, capacity)
    for (let i = 0; i < capacity; i++) tx.send(i).try()
    assert.equal(tx.length, capacity)
    assert.throws(() => tx.send(99).try(), { name: 'FullError', code: 'FL0004', value: 99 })
    assert.throws(() => tx.send(98).wait(5), { name: 'TimeoutError', value: 98 })
    await assert.rejects(async () => tx.send(97).within(5), { name: 'TimeoutError', value: 97 })
    const waiting = tx.send(capacity).then(() => 'sent')
    assert.equal(await rx.recv(), 0)
    assert.equal(await waiting, 'sent')
    drop(tx)
    assert.deepEqual(
      [...rx],
      Array.from({ length: capacity }, (_, i) => i + 1),
    )
  })

  for (const senders of [1, 3]) {
    test(
      `capacity ${capacity}, ${senders} blocking and ${senders} awaiting senders: every message arrives once`,
      limit,
      async () => {
        const [tx, rx] = mpsc.channel<number>(capacity)
        for (let id = 0; id < senders; id++) {
          const mine = tx.clone()
          thread.spawn(
            move(() => {
              for (let i = 0; i < 4000; i++) mine.send(i * 8 + id).wait()
            }),
          )
        }
        const async = Array.from({ length: senders }, async (_, k) => {
          using mine = tx.clone()
          for (let i = 0; i < 2000; i++) await mine.send(i * 8 + 4 + k)
        })
        drop(tx)
        const consumer = thread.spawn(
          move(() => {
            const next = new Array<number>(8).fill(0)
            for (const x of rx)
              if (x >> 3 !== next[x & 7]++) throw new Error(`message ${x} came after ${next[x & 7] - 1} of its sender`)
            return next
          }),
        )
        await Promise.all(async)
        const expected = [0, 1, 2, 3, 4, 5, 6, 7].map(id =>
          id < senders ? 4000 : id >= 4 && id < 4 + senders ? 2000 : 0,
        )
        assert.deepEqual(await consumer.join(), expected)
      },
    )
  }
}

test('a blocked or awaited send fails with its value when the receiver is dropped', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(1)
  tx.send(0).try()
  const ready = new AtomicI32(0)
  const mine = tx.clone()
  const blocked = thread.spawn(
    move(() => {
      ready.store(1)
      try {
        mine.send(1).wait()
      } catch (error) {
        const closed = error as ClosedError<number>
        return `${closed.name} ${closed.value}`
      }
      return ''
    }),
  )
  while (ready.load() === 0) await thread.yieldNow()
  const awaited = assert.rejects(async () => tx.send(2), { name: 'ClosedError', value: 2 })
  drop(rx)
  await awaited
  assert.equal(await blocked.join(), 'ClosedError 1')
  // A closed channel throws ClosedError even if it is also full.
  assert.throws(() => tx.send(3).try(), { name: 'ClosedError', value: 3 })
})

test('a full channel without a receiver throws ClosedError instead of FullError', limit, () => {
  for (const [tx, rx] of [mpsc.channel<number>(1), mpmc.channel<number>(1)]) {
    tx.send(1).try()
    assert.throws(() => tx.send(2).try(), FullError)
    drop(rx)
    assert.throws(() => tx.send(2).try(), { name: 'ClosedError', value: 2 })
    assert.throws(() => tx.send(2).wait(0), { name: 'ClosedError', value: 2 })
  }
})

test('a failed send moves nothing', limit, async () => {
  const [tx, rx] = mpsc.channel<unknown>(1)
  const [inner, innerRx] = mpsc.channel<number>()
  const bytes = new Uint8Array(8)
  tx.send(0 as never).try()
  const value = { inner, bytes }
  for (const attempt of [() => tx.send(value as never).try(), () => tx.send(value as never).wait(2)]) {
    assert.throws(attempt, error => (error as FullError).value === value)
  }
  await assert.rejects(
    async () => tx.send(value as never).within(2),
    error => (error as TimeoutError).value === value,
  )
  drop(rx)
  assert.throws(
    () => tx.send(value as never).try(),
    error => (error as ClosedError).value === value,
  )
  assert.equal(bytes.length, 8)
  inner.send(1)
  assert.equal(innerRx.recv().try(), 1)
})

test('a waiting send that fails passes its wake-up to the next sender', limit, async () => {
  const [tx, rx] = mpsc.channel<unknown>(1)
  const other = tx.clone()
  tx.send(1 as never).try()
  const refused = assert.rejects(async () => tx.send((() => {}) as never), NotSendError)
  const waiting = other.send(2 as never).then(() => {})
  assert.equal(rx.recv().try(), 1)
  await refused
  await waiting
  assert.equal(await rx.recv(), 2)
})

test('the drop of a sender fails a task that sends with it, and wakes the next sender', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(1)
  const other = tx.clone()
  tx.send(1).try()
  const failed = assert.rejects(async () => tx.send(2), DroppedError)
  const waiting = other.send(3).then(() => {})
  // In the same turn the first waiter is woken and its handle is dropped.
  assert.equal(rx.recv().try(), 1)
  drop(tx)
  await failed
  await waiting
  assert.equal(await rx.recv(), 3)
})

test('limits that are reached while room is made lose and double no message', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(2)
  const producers = [0, 1].map(id => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        const sent: number[] = []
        for (let i = 0; i < 3000; i++) {
          try {
            mine.send(i * 4 + id).wait((i % 4) / 20)
            sent.push(i * 4 + id)
          } catch (error) {
            if ((error as Error).name !== 'TimeoutError') throw error
          }
        }
        return sent
      }),
    )
  })
  const own: number[] = []
  const mine = (async () => {
    for (let i = 0; i < 500; i++) {
      try {
        await tx.send(i * 4 + 2).within((i % 3) / 2)
        own.push(i * 4 + 2)
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error
      }
    }
    drop(tx)
  })()
  const got: number[] = []
  for await (const x of rx) got.push(x)
  await mine
  const sent = [...(await producers[0].join()), ...(await producers[1].join()), ...own]
  assert.deepEqual(
    got.toSorted((a, b) => a - b),
    sent.sort((a, b) => a - b),
  )
})

test('a capacity must be a whole number', limit, () => {
  for (const capacity of [-1, 1.5, NaN, Infinity, 2 ** 30]) assert.throws(() => mpsc.channel(capacity), RangeError)
})

test('ends of a bounded channel can be moved while messages are in it', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(4)
  const [carry, carried] = mpsc.channel<SyncSender<number>>()
  for (let i = 0; i < 4; i++) tx.send(i).try()
  carry.send(tx)
  thread.spawn(
    move(() => {
      const t = carried.recv().wait()
      for (let i = 4; i < 1000; i++) t.send(i).wait()
    }),
  )
  const got: number[] = []
  for await (const x of rx) got.push(x)
  assert.deepEqual(
    got,
    Array.from({ length: 1000 }, (_, i) => i),
  )
})
