/** Watch: receivers see the newest value, each change at least once unless a newer one replaced it, and the end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  ClosedError,
  Mutex,
  NotSendError,
  TimeoutError,
  drop,
  move,
  mpsc,
  select,
  sleep,
  thread,
  watch,
} from 'fearless'
import { HEAP_TOP, i32 } from '../../dist/internal.js'

const limit = { timeout: 30_000 }

test('the first value counts as seen, and of several changes the newest is seen once', limit, async () => {
  const [tx, rx] = watch.channel<{ n: number } | number>({ n: 0 })
  assert.deepEqual(rx.borrow(), { n: 0 })
  assert.notEqual(rx.borrow(), rx.borrow())
  assert.deepEqual([rx.hasChanged, rx.changed().try(), tx.receivers], [false, undefined, 1])
  await assert.rejects(async () => await rx.changed().within(1), TimeoutError)
  for (let n = 1; n <= 3; n++) tx.send({ n })
  assert.ok(rx.hasChanged)
  // `borrow` does not mark the value as seen; `borrowAndUpdate` does.
  assert.deepEqual(rx.borrow(), { n: 3 })
  await rx.changed()
  assert.equal(rx.hasChanged, false)
  tx.send(4)
  assert.equal(rx.borrowAndUpdate(), 4)
  assert.equal(rx.hasChanged, false)
  assert.equal(tx.borrow(), 4)
  const waiting = rx.changed().then(() => rx.borrow())
  tx.send(5)
  assert.equal(await waiting, 5)
})

test('an unseen change is seen before the end', limit, async () => {
  const [tx, rx] = watch.channel('a')
  const other = rx.clone()
  tx.send('b')
  await other.changed()
  const ended = assert.rejects(async () => await other.changed(), ClosedError)
  drop(tx)
  await ended
  rx.changed().wait()
  assert.throws(() => rx.changed().try(), ClosedError)
  assert.throws(() => rx.changed().wait(), ClosedError)
  assert.equal(rx.borrow(), 'b')
})

test('without a receiver a send is refused and stores nothing, and sendReplace stores the value', limit, async () => {
  const [tx, rx] = watch.channel('a')
  assert.equal(tx.closed().try(), undefined)
  const closed = tx.closed().then(() => 'closed')
  const clone = rx.clone()
  drop(rx)
  assert.equal(tx.closed().try(), undefined)
  drop(clone)
  assert.equal(await closed, 'closed')
  assert.throws(() => tx.send('b'), { name: 'ClosedError', value: 'b' })
  assert.equal(tx.borrow(), 'a')
  assert.equal(tx.sendReplace('c'), 'a')
  const again = tx.subscribe()
  assert.deepEqual([again.borrow(), again.hasChanged, tx.receivers], ['c', false, 1])
  tx.send('d')
  assert.deepEqual([again.borrow(), again.hasChanged], ['d', true])
})

test('a clone of a receiver has seen the same values', limit, () => {
  const [tx, rx] = watch.channel(0)
  tx.send(1)
  const unseen = rx.clone()
  rx.changed().wait()
  const seen = rx.clone()
  assert.deepEqual([rx.hasChanged, unseen.hasChanged, seen.hasChanged], [false, true, false])
  assert.ok(seen.sameChannel(unseen))
  assert.ok(!seen.sameChannel(watch.channel(0)[1]))
})

test('handles in a value are shared with each reader and dropped with it', limit, async () => {
  const counter = new Arc(new Mutex(0))
  const [tx, rx] = watch.channel<{ counter: Arc<Mutex<number>> } | undefined>({ counter })
  for (let i = 0; i < 3; i++) {
    const got = rx.borrow()
    assert.ok(got !== undefined)
    got.counter.update(n => n + 1).wait()
    drop(got.counter)
  }
  assert.equal(await counter.update(n => n), 3)
  assert.equal(Arc.strongCount(counter), 2)
  tx.send(undefined)
  assert.equal(Arc.strongCount(counter), 1)
  assert.throws(() => watch.channel<unknown>(mpsc.channel()[1] as never), NotSendError)
  tx.send({ counter })
  drop(tx)
  assert.equal(Arc.strongCount(counter), 2)
  drop(rx)
  assert.equal(Arc.strongCount(counter), 1)
})

test('threads and tasks see whole, increasing values, and all of them see the last one', limit, async () => {
  const make = (n: number) => ({ n, text: `${n} `.repeat(n % 50), twice: n * 2 })
  const [tx, rx] = watch.channel(make(0))
  const ready = new AtomicI32(0)
  const threads = [0, 1].map(() => {
    const mine = rx.clone()
    return thread.spawn(
      move(() => {
        ready.fetchAdd(1)
        let last = 0
        for (;;) {
          try {
            mine.changed().wait()
          } catch {
            return mine.borrow().n
          }
          const { n, text, twice } = mine.borrowAndUpdate()
          if (n < last || twice !== n * 2 || text !== `${n} `.repeat(n % 50)) throw new Error(`${n} after ${last}`)
          last = n
        }
      }),
    )
  })
  const task = (async () => {
    for (let last = 0; ;) {
      const next = await select({ changed: rx.changed(), late: sleep(20_000) }).then(undefined, () => undefined)
      if (next === undefined) return rx.borrow().n
      const { n } = rx.borrow()
      assert.ok(n >= last)
      last = n
    }
  })()
  while (ready.load() < 2) await thread.yieldNow()
  const sender = thread.spawn(
    move(() => {
      for (let n = 1; n <= 4000; n++) {
        tx.send({ n, text: `${n} `.repeat(n % 50), twice: n * 2 })
        if (n % 100 === 0) sleep(0.1).wait()
      }
    }),
  )
  await sender.join()
  for (const handle of threads) assert.equal(await handle.join(), 4000)
  assert.equal(await task, 4000)
})

test('a closed channel leaves no memory behind', limit, () => {
  const round = (): void => {
    const [tx, rx] = watch.channel<string | number>('x'.repeat(2000))
    const other = rx.clone()
    tx.send(1)
    tx.send('y'.repeat(2000))
    drop(rx)
    drop(tx)
    assert.equal((other.borrow() as string).length, 2000)
    drop(other)
  }
  round()
  const top = i32[HEAP_TOP >> 2]
  for (let i = 0; i < 2000; i++) round()
  // The thread's caches may have been refilled in between.
  assert.ok(i32[HEAP_TOP >> 2] - top <= 131_072, `the heap grew by ${i32[HEAP_TOP >> 2] - top} bytes`)
})

test(
  'waitFor returns the first value that satisfies the condition, the current one included, and ends with the sender',
  limit,
  async () => {
    const [tx, rx] = watch.channel(0)
    assert.equal(await rx.waitFor(n => n === 0), 0)
    assert.equal(rx.waitFor(n => n > 0).try(), undefined)
    const sender = thread.spawn(
      move(() => {
        for (let n = 1; n <= 1000; n++) tx.send(n)
      }),
    )
    assert.ok((await rx.waitFor(n => n >= 500)) >= 500)
    assert.equal(await rx.waitFor(n => n === 1000), 1000)
    await sender
    assert.equal(rx.hasChanged, false)
    assert.throws(() => rx.waitFor(n => n > 1000).wait(), ClosedError)
    assert.equal(await rx.waitFor(n => n === 1000), 1000)
    assert.throws(
      () =>
        rx
          .waitFor(() => {
            throw new RangeError('mine')
          })
          .try(),
      RangeError,
    )
  },
)

test('sendIfModified sends a modified value, and nothing for an unmodified one', limit, async () => {
  const [tx, rx] = watch.channel({ users: 0, names: ['a'] })
  assert.equal(
    tx.sendIfModified(room => {
      room.names.push('b')
      return false
    }),
    false,
  )
  assert.deepEqual([rx.hasChanged, rx.borrow().names], [false, ['a']])
  assert.equal(
    tx.sendIfModified(room => {
      room.users++
      room.names.push('b')
      return true
    }),
    true,
  )
  await rx.changed()
  assert.deepEqual(rx.borrow(), { users: 1, names: ['a', 'b'] })
  drop(rx)
  // As `sendReplace` does, without a receiver, too.
  assert.equal(
    tx.sendIfModified(room => (room.users++, true)),
    true,
  )
  assert.equal(tx.borrow().users, 2)
})

test('a function of sendIfModified that fails changes nothing', limit, () => {
  const [tx, rx] = watch.channel({ n: 1 })
  const refused: [(value: { n: number }) => boolean, string][] = [
    [
      value => {
        value.n = 2
        throw new RangeError('on purpose')
      },
      'RangeError',
    ],
    [(async (value: { n: number }) => (value.n = 2) > 0) as never, 'BorrowError'],
    [
      value => {
        ;(value as { f?: unknown }).f = () => {}
        return true
      },
      'NotSendError',
    ],
  ]
  for (const [f, name] of refused) {
    assert.throws(() => tx.sendIfModified(f), { name })
    assert.deepEqual([rx.hasChanged, tx.borrow()], [false, { n: 1 }])
  }
  assert.throws(
    () =>
      tx.sendIfModified(() => {
        tx.send({ n: 3 })
        return true
      }),
    { name: 'BorrowError' },
  )
  assert.deepEqual([rx.hasChanged, tx.borrow()], [true, { n: 3 }])
})
