/**
 * Permits reserve room for one message; weak senders do not keep a channel open; a closed receiver still receives the
 * remaining messages.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AtomicI32,
  ClosedError,
  FullError,
  TimeoutError,
  drop,
  move,
  mpmc,
  mpsc,
  select,
  sleep,
  thread,
  type Sender,
} from 'fearless'

const limit = { timeout: 30_000 }

test('a permit reserves room that sends and other permits do not get', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(2)
  const permit = await tx.reserve()
  assert.deepEqual([tx.length, tx.isFull], [0, false])
  await tx.send(1)
  assert.ok(tx.isFull && rx.isFull)
  assert.throws(() => tx.send(2).try(), FullError)
  assert.equal(tx.reserve().try(), undefined)
  assert.throws(() => tx.reserve().wait(2), TimeoutError)
  permit.send(3)
  assert.throws(() => permit.send(4), { name: 'MovedError', message: /has already sent its message/ })
  assert.deepEqual([...rx.tryIter()], [1, 3])
  assert.equal(tx.isFull, false)
})

test('a dropped permit passes its room to a waiting send or reserve, blocked or awaited', limit, async () => {
  const [tx, rx] = mpmc.channel<number>(1)
  const permit = await tx.reserve()
  const waiting = tx.send(1).then(() => 'sent')
  drop(permit)
  assert.equal(await waiting, 'sent')
  const next = tx.reserve().then(p => p)
  const ready = new AtomicI32(0)
  const mine = tx.clone()
  const blocked = thread.spawn(
    move(() => {
      ready.store(1)
      mine.reserve().wait().send(2)
    }),
  )
  while (ready.load() === 0) await thread.yieldNow()
  assert.equal(await rx.recv(), 1)
  // If the thread is faster than the registration of the wait, its message makes room for the wait.
  const second = rx.recv().then(value => value)
  drop(await next)
  await blocked.join()
  assert.equal(await second, 2)
})

test('a permit keeps the channel open, can be moved to a thread, and is dropped with it', limit, async () => {
  const [tx, rx] = mpsc.channel<string>(2)
  const [permit, unused] = [await tx.reserve(), await tx.reserve()]
  drop(tx)
  assert.equal(rx.recv().try(), undefined)
  await thread.spawn(move(() => permit.send('from a thread'))).join()
  assert.throws(() => permit.send('twice'), { name: 'MovedError' })
  assert.equal(await rx.recv(), 'from a thread')
  await thread.spawn(move(() => void unused)).join()
  assert.throws(() => rx.recv().try(), ClosedError)
})

test('a refused value leaves the permit usable, and a send without a receiver returns the value', limit, async () => {
  const [tx, rx] = mpsc.channel<unknown>(1)
  const [inner, innerRx] = mpsc.channel<number>()
  const permit = await tx.reserve()
  assert.throws(() => permit.send({ inner, f: () => {} } as never), { name: 'NotSendError' })
  permit.send('now' as never)
  assert.equal(await rx.recv(), 'now')
  const late = await tx.reserve()
  drop(rx)
  const value = { inner }
  assert.throws(
    () => late.send(value as never),
    error => error instanceof ClosedError && error.value === value,
  )
  assert.throws(() => tx.reserve().try(), ClosedError)
  inner.send(1)
  assert.equal(innerRx.recv().try(), 1)
  assert.throws(() => mpsc.channel(0)[0].reserve(), RangeError)
})

test('threads that reserve, use and drop permits never exceed the capacity and lose no message', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(3)
  const senders = [0, 1, 2].map(from => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        const sent: number[] = []
        for (let i = 0; i < 1500; i++) {
          const n = i * 4 + from
          if (i % 3 === 0) {
            mine.send(n).wait()
            sent.push(n)
            continue
          }
          const permit = mine.reserve().wait()
          if (i % 3 === 1) {
            permit.send(n)
            sent.push(n)
          } else drop(permit)
        }
        return sent
      }),
    )
  })
  drop(tx)
  const got: number[] = []
  for await (const n of rx) {
    got.push(n)
    assert.ok(rx.length <= 3)
  }
  const sent = (await Promise.all(senders.map(handle => handle.join()))).flat()
  assert.deepEqual(
    got.sort((a, b) => a - b),
    sent.sort((a, b) => a - b),
  )
})

test('a weak sender creates senders only while another sender exists', limit, async () => {
  const [tx, rx] = mpsc.channel<string>()
  const weak = tx.downgrade()
  const other = weak.clone()
  const strong = weak.upgrade()
  assert.ok(strong !== undefined)
  assert.ok(strong.sameChannel(tx))
  drop(tx)
  strong.send('a')
  // Sending a weak sender shares it.
  const across = await thread
    .spawn(
      move(() => {
        const mine = weak.upgrade()
        mine?.send('b')
        return mine !== undefined
      }),
    )
    .join()
  assert.equal(across, true)
  drop(strong)
  assert.equal(weak.upgrade(), undefined)
  assert.equal(other.upgrade(), undefined)
  assert.deepEqual([...rx], ['a', 'b'])
  drop(weak)
  const [bounded, inbox] = mpmc.channel<number>(1)
  const weakBounded = bounded.downgrade()
  const again = weakBounded.upgrade()
  await again?.send(1)
  assert.equal(again?.capacity, 1)
  drop(inbox)
  assert.throws(() => again?.send(2).try(), ClosedError)
})

test(
  'an upgrade that races with the drop of the last sender delivers its message or returns undefined',
  limit,
  async () => {
    for (let round = 0; round < 60; round++) {
      const [tx, rx] = mpsc.channel<number>()
      const go = new AtomicI32(0)
      const threads = [0, 1].map(() => {
        const weak = tx.downgrade()
        return thread.spawn(
          move(() => {
            go.fetchAdd(1)
            while (go.load() < 3);
            const mine = weak.upgrade()
            mine?.send(1)
            return mine === undefined ? 0 : 1
          }),
        )
      })
      while (go.load() < 2) await thread.yieldNow()
      go.fetchAdd(1)
      drop(tx)
      let count = 0
      for await (const n of rx) count += n
      let sent = 0
      for (const handle of threads) sent += await handle.join()
      assert.equal(count, sent)
    }
  },
)

test('a closed receiver gets the messages in the channel and those of permits, then the end', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(3)
  await tx.send(1)
  const [permit, unused] = [await tx.reserve(), await tx.reserve()]
  const waiting = assert.rejects(async () => await tx.send(9), { name: 'ClosedError', value: 9 })
  rx.close()
  await waiting
  assert.throws(() => tx.send(2).try(), ClosedError)
  assert.equal(await rx.recv(), 1)
  assert.equal(rx.recv().try(), undefined)
  const last = rx.recv().then(n => n)
  permit.send(3)
  assert.equal(await last, 3)
  const ended = assert.rejects(async () => await rx.recv(), ClosedError)
  drop(unused)
  await ended
  assert.deepEqual([...rx], [])
  rx.close()
  const [give, take] = mpsc.channel<Sender<number>>(0)
  const [value] = mpsc.channel<number>()
  const offered = assert.rejects(async () => await give.send(value), { name: 'ClosedError' })
  await thread.yieldNow()
  take.close()
  await offered
  value.send(1)
  assert.throws(() => take.recv().try(), ClosedError)
})

test('reserveMany reserves all the requested room or none', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(3)
  assert.deepEqual(await tx.reserveMany(0), [])
  for (const n of [-1, 0.5, 4, NaN, '2' as never]) assert.throws(() => tx.reserveMany(n), RangeError)
  assert.throws(() => mpsc.channel<number>(0)[0].reserveMany(1), RangeError)
  const one = await tx.reserve()
  assert.equal(tx.reserveMany(3).try(), undefined)
  assert.equal(tx.reserve().try()?.[Symbol.dispose](), undefined)
  await assert.rejects(async () => tx.reserveMany(3).within(2), TimeoutError)
  const [a, b] = await tx.reserveMany(2)
  assert.ok(tx.isFull)
  const all = tx.reserveMany(3).then(permits => permits.map((permit, n) => permit.send(n)).length)
  a.send(7)
  drop(b)
  drop(one)
  assert.equal(await rx.recv(), 7)
  assert.equal(await all, 3)
  assert.deepEqual([...rx.tryIter()], [0, 1, 2])
  const waiting = [tx.reserve(), tx.reserveMany(3)].map(wait =>
    wait.then(
      () => 'reserved',
      (error: unknown) => (error as Error).name,
    ),
  )
  assert.equal(await waiting[0], 'reserved')
  rx.close()
  assert.equal(await waiting[1], 'ClosedError')
  assert.throws(() => tx.reserveMany(2).try(), ClosedError)
})

test('a losing reserve arm of a select returns its permits', limit, async () => {
  const [tx] = mpsc.channel<number>(2)
  const one = await tx.reserve()
  assert.equal((await select({ many: tx.reserveMany(2), late: sleep(2) })).key, 'late')
  drop(one)
  const won = await select({ many: tx.reserveMany(2), late: sleep(20_000) })
  assert.equal(won.key, 'many')
  assert.ok(tx.isFull)
})

test('threads that reserve several, reserve one, or send all complete, and no message is lost', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(4)
  const senders = [0, 1, 2, 3].map(from => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        let sent = 0
        for (let i = 0; i < 400; i++) {
          if (from === 3) {
            mine.send(1).wait()
            sent++
            continue
          }
          const permits = mine.reserveMany(1 + ((i + from) % 4)).wait()
          for (const permit of permits) {
            if (i % 5 === 0) drop(permit)
            else {
              permit.send(1)
              sent++
            }
          }
        }
        return sent
      }),
    )
  })
  drop(tx)
  let got = 0
  for await (const n of rx) {
    got += n
    assert.ok(rx.length <= 4)
  }
  assert.equal(
    got,
    (await Promise.all(senders)).reduce((a, b) => a + b, 0),
  )
})
