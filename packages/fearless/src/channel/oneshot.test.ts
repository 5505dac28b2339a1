/** Channels for one message: it is received or returned, and each end sees the drop of the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AtomicI32,
  ClosedError,
  DroppedError,
  MovedError,
  clone,
  drop,
  move,
  oneshot,
  select,
  sleep,
  thread,
  type OneshotReceiver,
  type OneshotSender,
} from 'fearless'

const limit = { timeout: 30_000 }

test('a message of any kind is received once, by an earlier or a later receive', limit, async () => {
  for (const value of [1, NaN, -0, undefined, null, 'text', { list: [1, 2] }, 'x'.repeat(20_000), new Uint8Array(9)]) {
    const [tx, rx] = oneshot.channel<unknown>()
    assert.equal(rx.recv().try(), undefined)
    tx.send(clone(value) as never)
    assert.throws(() => tx.send(value as never), { name: 'MovedError' })
    assert.deepEqual(await rx.recv(), value instanceof Uint8Array ? new Uint8Array(9) : value)
    assert.throws(() => rx.recv().try(), { name: 'ClosedError', message: /was already received/ })
    const [late, lateRx] = oneshot.channel<unknown>()
    const waiting = lateRx.recv().then(got => got)
    late.send(5 as never)
    assert.equal(await waiting, 5)
  }
})

test('the drop of a sender without a message fails earlier and later receives', limit, async () => {
  const [tx, rx] = oneshot.channel<string>()
  const waiting = assert.rejects(async () => await rx.recv(), { name: 'ClosedError', message: /without a message/ })
  drop(tx)
  await waiting
  assert.throws(() => rx.recv().wait(), ClosedError)
  for (const how of ['ends', 'throws', 'dies'] as const) {
    const [mine, result] = oneshot.channel<string>()
    const handle = thread.spawn(
      move(() => {
        const kept = mine
        if (how === 'throws') throw new Error('bang')
        if (how === 'dies') process.exit(1)
        return kept.isClosed
      }),
    )
    await assert.rejects(async () => await result.recv(), ClosedError)
    await handle.join().then(undefined, () => {})
  }
})

test('a send without a receiver returns the value with all handles in it', limit, async () => {
  const [tx, rx] = oneshot.channel<OneshotSender<number>>()
  const [inner, innerRx] = oneshot.channel<number>()
  assert.equal(tx.isClosed, false)
  assert.equal(tx.closed().try(), undefined)
  const closed = tx.closed().then(() => 'closed')
  drop(rx)
  assert.equal(await closed, 'closed')
  assert.ok(tx.isClosed)
  assert.throws(
    () => tx.send(inner),
    error => error instanceof ClosedError && error.value === inner,
  )
  inner.send(1)
  assert.equal(await innerRx.recv(), 1)
})

test('close refuses later sends and keeps the message, and drop drops the message at once', limit, async () => {
  const [tx, rx] = oneshot.channel<string>()
  tx.send('before')
  rx.close()
  rx.close()
  assert.equal(await rx.recv(), 'before')
  const [late, lateRx] = oneshot.channel<string>()
  lateRx.close()
  assert.throws(() => late.send('after'), { name: 'ClosedError', value: 'after' })
  assert.throws(() => lateRx.recv().try(), ClosedError)
  const [carry, carried] = oneshot.channel<OneshotSender<number>>()
  const [inner, innerRx] = oneshot.channel<number>()
  carry.send(inner)
  drop(carried)
  assert.throws(() => innerRx.recv().try(), ClosedError)
})

test('a second send throws MovedError', limit, async () => {
  const [tx, rx] = oneshot.channel<number>()
  tx.send(1)
  assert.throws(
    () => tx.send(2),
    (error: Error) => error instanceof MovedError && /has already sent its message/.test(error.message),
  )
  assert.equal(await rx.recv(), 1)
  const [dropped] = oneshot.channel<number>()
  drop(dropped)
  assert.throws(() => (dropped as typeof tx).send(1), DroppedError)
})

test('a refused value leaves the sender usable', limit, async () => {
  const [tx, rx] = oneshot.channel<unknown>()
  assert.throws(() => tx.send((() => {}) as never), { name: 'NotSendError' })
  tx.send(1 as never)
  assert.equal(await rx.recv(), 1)
})

test(
  'a oneshot receive works as an arm of a select, and a thread stops when its receiver is dropped',
  limit,
  async () => {
    const [tx, rx] = oneshot.channel<number>()
    const [gone, other] = oneshot.channel<number>()
    assert.equal((await select({ answer: rx.recv(), late: sleep(1) })).key, 'late')
    const started = new AtomicI32(0)
    const worker = thread.spawn(
      move(() => {
        started.store(1)
        select({ closed: tx.closed(), late: sleep(20_000) }).wait()
        return tx.isClosed
      }),
    )
    while (started.load() === 0) await thread.yieldNow()
    drop(rx)
    assert.equal(await worker.join(), true)
    drop(gone)
    // A closed channel is ready.
    await assert.rejects(async () => await select({ answer: other.recv(), late: sleep(20_000) }), ClosedError)
  },
)

test('a moved receiver receives its message in its new thread', limit, async () => {
  const [first, firstRx] = oneshot.channel<OneshotReceiver<number>>()
  const answers = thread.spawn(
    move(() => {
      const next = firstRx.recv().wait()
      return next.recv().wait()
    }),
  )
  const [tx, rx] = oneshot.channel<number>()
  first.send(rx)
  tx.send(42)
  assert.equal(await answers.join(), 42)
})

test('of sends and drops that race in threads, each value is received or returned', limit, async () => {
  const go = new AtomicI32(0)
  const each = 400
  const pairs = Array.from({ length: each }, () => oneshot.channel<OneshotSender<number>>())
  const inner = Array.from({ length: each }, () => oneshot.channel<number>())
  const senders = pairs.map(([sender]) => sender)
  const receivers = pairs.map(([, receiver]) => receiver)
  const gifts = inner.map(([gift]) => gift)
  const dropping = thread.spawn(
    move(() => {
      go.fetchAdd(1)
      while (go.load() < 2);
      for (const receiver of receivers) drop(receiver)
    }),
  )
  const sending = thread.spawn(
    move(() => {
      go.fetchAdd(1)
      while (go.load() < 2);
      let refused = 0
      senders.forEach((sender, i) => {
        try {
          sender.send(gifts[i])
        } catch {
          refused++
          gifts[i].send(i)
        }
      })
      return refused
    }),
  )
  await dropping.join()
  const refused = await sending.join()
  let came = 0
  for (const [, receiver] of inner) {
    await receiver.recv().then(
      () => came++,
      error => assert.ok(error instanceof ClosedError),
    )
  }
  assert.equal(came, refused)
})
