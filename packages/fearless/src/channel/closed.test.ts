/** Whether the other side is dropped or closed, before and after its messages are received. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { broadcast, drop, move, mpmc, mpsc, oneshot, select, sleep, thread, watch } from 'fearless'

const limit = { timeout: 30_000 }

const KINDS = {
  mpsc: () => mpsc.channel<number>(),
  'mpsc, bounded': () => mpsc.channel<number>(4),
  'mpsc, rendezvous': () => mpsc.channel<number>(0),
  mpmc: () => mpmc.channel<number>(),
  'mpmc, bounded': () => mpmc.channel<number>(4),
  oneshot: () => oneshot.channel<number>(),
  broadcast: () => broadcast.channel<number>(4),
  watch: () => watch.channel(0),
}

for (const [kind, channel] of Object.entries(KINDS)) {
  test(`a receiver of ${kind} is closed once the last sender is dropped`, limit, async () => {
    const [tx, rx] = channel()
    assert.equal(rx.isClosed, false)
    const second = 'clone' in tx ? tx.clone() : undefined
    drop(tx)
    assert.equal(rx.isClosed, second === undefined)
    if (second !== undefined) await thread.spawn(move(() => void second))
    assert.equal(rx.isClosed, true)
  })
}

test('a closed receiver still receives the messages sent before', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  tx.send(1)
  rx.close()
  assert.equal(rx.isClosed, true)
  assert.equal(await rx.recv(), 1)
  const [once, answer] = oneshot.channel<number>()
  once.send(2)
  assert.equal(answer.isClosed, true)
  assert.equal(await answer.recv(), 2)
  const [news, heard] = broadcast.channel<number>(2)
  news.send(3)
  drop(news)
  assert.equal(heard.isClosed, true)
  assert.equal(await heard.recv(), 3)
})

test('a permit keeps a channel open and sends through a closed one', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(1)
  const permit = await tx.reserve()
  drop(tx)
  assert.equal(rx.isClosed, false)
  rx.close()
  assert.equal(rx.isClosed, true)
  permit.send(1)
  assert.equal(await rx.recv(), 1)
})

test('a sender sees whether a receiver is left and how many senders there are', limit, () => {
  for (const [tx, rx] of [mpsc.channel<number>(), mpsc.channel<number>(2)] as const) {
    assert.equal(tx.isClosed, false)
    assert.equal(tx.strongCount, 1)
    const other = tx.clone()
    assert.equal(tx.strongCount, 2)
    drop(other)
    assert.equal(tx.strongCount, 1)
    rx.close()
    assert.equal(tx.isClosed, true)
  }
})

test('a resubscribed receiver gets the messages sent after that', limit, async () => {
  const [tx, rx] = broadcast.channel<number>(4)
  tx.send(1)
  const again = rx.resubscribe()
  tx.send(2)
  assert.equal(await again.recv(), 2)
  assert.equal(await rx.recv(), 1)
  drop(tx)
  const late = rx.resubscribe()
  assert.equal(late.isClosed, true)
  await assert.rejects(late.recv().then(), { name: 'ClosedError' })
  assert.equal(await rx.recv(), 2)
})

test('a value that is marked as changed is seen again once', limit, async () => {
  const [tx, rx] = watch.channel(1)
  assert.equal(rx.hasChanged, false)
  rx.markChanged()
  assert.equal(rx.hasChanged, true)
  await rx.changed()
  assert.equal(rx.changed().try(), undefined)
  assert.equal(rx.hasChanged, false)
  tx.send(2)
  await rx.changed()
  assert.equal(rx.borrow(), 2)
})

for (const [kind, channel] of Object.entries({
  mpsc: () => mpsc.channel<number>(),
  'mpsc, bounded': () => mpsc.channel<number>(1),
  'mpsc, rendezvous': () => mpsc.channel<number>(0),
  mpmc: () => mpmc.channel<number>(),
  'mpmc, bounded': () => mpmc.channel<number>(1),
})) {
  test(`a sender of ${kind} waits until no receiver is left`, limit, async () => {
    const [tx, rx] = channel()
    assert.equal(tx.closed().tryResult().status, 'pending')
    await assert.rejects(async () => tx.closed().within(1), { name: 'TimeoutError' })
    const others = 'clone' in rx ? [rx.clone()] : []
    const mine = tx.clone()
    const blocked = thread.spawn(
      move(() => {
        mine.closed().wait()
        return mine.isClosed
      }),
    )
    const awaited = tx.closed().then(() => tx.isClosed)
    const selected = select({ closed: tx.closed(), late: sleep(20_000) })
    drop(rx)
    for (const other of others) {
      assert.equal(tx.isClosed, false)
      await thread.spawn(move(() => void other))
    }
    assert.deepEqual([await blocked, await awaited, (await selected).key], [true, true, 'closed'])
    tx.closed().wait()
    tx[Symbol.dispose]()
    assert.throws(() => tx.closed().try(), { name: 'DroppedError' })
  })
}

test('closing a receiver ends the waits of senders for that, while a wait for room continues', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(1)
  await tx.send(1)
  const closed = tx.closed().then(() => 'closed')
  const sent = tx.send(2).then(() => 'sent')
  assert.equal(await rx.recv(), 1)
  assert.equal(await sent, 'sent')
  rx.close()
  assert.equal(await closed, 'closed')
})

test("the end of the receiver's thread ends the wait for its drop", limit, async () => {
  for (const how of ['returns', 'throws', 'exits'] as const) {
    const [tx, rx] = mpsc.channel<number>()
    const handle = thread.spawn(
      move(() => {
        void rx
        if (how === 'throws') throw new Error('on purpose')
        if (how === 'exits') process.exit(3)
      }),
    )
    await tx.closed()
    await handle.join().then(
      () => assert.equal(how, 'returns'),
      () => assert.notEqual(how, 'returns'),
    )
  }
})

test('weak senders are counted separately', limit, async () => {
  for (const [tx, rx] of [mpsc.channel<number>(), mpsc.channel<number>(2)] as const) {
    assert.equal(tx.weakCount, 0)
    const weak = tx.downgrade()
    const other = weak.clone()
    assert.deepEqual([tx.strongCount, tx.weakCount], [1, 2])
    const strong = weak.upgrade()!
    assert.deepEqual([tx.strongCount, tx.weakCount], [2, 2])
    await thread.spawn(move(() => void other))
    drop(strong)
    assert.equal(tx.weakCount, 2)
    drop(other)
    drop(weak)
    assert.deepEqual([tx.strongCount, tx.weakCount], [1, 0])
    drop(rx)
  }
  const [tx] = mpsc.channel<number>(2)
  const permit = await tx.reserve()
  assert.deepEqual([tx.strongCount, tx.weakCount], [2, 0])
  drop(permit)
})
