/** Wait: an operation as a value, which behaves as a promise. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ClosedError,
  Condvar,
  MovedError,
  Mutex,
  Semaphore,
  TimeoutError,
  drop,
  mpsc,
  parIter,
  select,
  sleep,
  sleepUntil,
  task,
  thread,
  timeout,
  type Wait,
} from 'fearless'

const limit = { timeout: 20_000 }

function closed(): Wait<number> {
  const [tx, rx] = mpsc.channel<number>()
  drop(tx)
  return rx.recv()
}

test('then, catch and finally of a Wait behave as those of a promise', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  for (let n = 1; n <= 5; n++) tx.send(n)
  assert.equal(await rx.recv().then(n => n + 1), 2)
  assert.equal(await rx.recv().then(async n => n + 1), 3)
  assert.equal(await rx.recv().catch(() => 0), 3)
  assert.equal(await closed().then(undefined, error => error instanceof ClosedError), true)
  assert.equal(await closed().catch(error => error instanceof ClosedError), true)
  await assert.rejects(closed().catch(), ClosedError)
  const ends: string[] = []
  assert.equal(await rx.recv().finally(() => ends.push('value')), 4)
  await assert.rejects(
    closed().finally(() => ends.push('error')),
    ClosedError,
  )
  assert.equal(await rx.recv().finally(), 5)
  await assert.rejects(
    sleep(0).finally(() => {
      throw new RangeError('of the callback')
    }),
    RangeError,
  )
  assert.deepEqual(ends, ['value', 'error'])
})

test('every promise idiom accepts a Wait', limit, async () => {
  await assert.rejects(closed(), ClosedError)
  await assert.doesNotReject(sleep(0))
  const [tx, rx] = mpsc.channel<string>(1)
  assert.deepEqual(await Promise.all([tx.send('a'), rx.recv(), 1]), [undefined, 'a', 1])
  assert.equal(await Promise.race([sleep(500), new Mutex('b').with(v => v)]), 'b')
  const settled = await Promise.allSettled([closed(), sleep(0)])
  assert.deepEqual(
    settled.map(s => s.status),
    ['rejected', 'fulfilled'],
  )
  const promise: Promise<string> = rx.recv()
  await tx.send('c')
  assert.equal(await promise, 'c')
  assert.equal(Object.prototype.toString.call(sleep(0)), '[object Wait]')
})

test('tryResult distinguishes pending, an undefined value and an error for every kind of wait', limit, async () => {
  const [tx, rx] = mpsc.channel<undefined>()
  assert.deepEqual(rx.recv().tryResult(), { status: 'pending' })
  tx.send(undefined)
  assert.deepEqual(rx.recv().tryResult(), { status: 'fulfilled', value: undefined })
  drop(tx)
  const end = rx.recv().tryResult()
  assert.ok(end.status === 'rejected' && end.reason instanceof ClosedError)

  const [bounded, full] = mpsc.channel<number>(1)
  assert.deepEqual(bounded.send(1).tryResult(), { status: 'fulfilled', value: undefined })
  assert.deepEqual(bounded.send(2).tryResult(), { status: 'pending' })
  assert.deepEqual(select({ full: full.recv() }).tryResult(), {
    status: 'fulfilled',
    value: { key: 'full', value: 1 },
  })

  const mutex = new Mutex(1)
  const locked = mutex.lock().tryResult()
  assert.ok(locked.status === 'fulfilled')
  assert.deepEqual(mutex.lock().within(1).tryResult(), { status: 'pending' })
  drop(locked.value)

  const semaphore = new Semaphore(0)
  assert.deepEqual(semaphore.acquire().tryResult(), { status: 'pending' })
  semaphore.close()
  assert.equal(semaphore.acquire().tryResult().status, 'rejected')

  const handle = thread.spawn(() => {})
  while (!handle.isFinished()) await thread.yieldNow()
  assert.deepEqual(handle.tryResult(), { status: 'fulfilled', value: undefined })
  const again = handle.tryResult()
  assert.ok(again.status === 'rejected' && again.reason instanceof MovedError)
  const failing = task.spawn(() => {
    throw new RangeError('mine')
  })
  assert.deepEqual(failing.tryResult(), { status: 'pending' })
  await assert.rejects(failing)
  assert.equal(failing.tryResult().status, 'rejected')
})

test('a limit may be a date, and a date in the past polls once', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const deadline = new Date(Date.now() + 60)
  await assert.rejects(rx.recv().within(deadline).then(), TimeoutError)
  assert.ok(Date.now() >= deadline.getTime())
  assert.throws(() => rx.recv().wait(deadline), TimeoutError)
  tx.send(1)
  assert.equal(await rx.recv().within(deadline), 1)
  tx.send(2)
  assert.equal(rx.recv().wait(new Date(0)), 2)
  assert.throws(() => rx.recv().wait(new Date(NaN)), RangeError)
  const handle = thread.spawn(() => 5)
  assert.equal(await handle.within(new Date(Date.now() + 10_000)), 5)
})

test('tryResult and dates work for waits with their own way of waiting', limit, async () => {
  assert.deepEqual(parIter([1, 2]).sum().tryResult(), { status: 'fulfilled', value: 3 })
  assert.equal(
    await parIter([1, 2])
      .sum()
      .within(new Date(Date.now() + 10_000)),
    3,
  )
  const [mutex, news] = [new Mutex(0), new Condvar()]
  const guard = await mutex.lock()
  assert.deepEqual(news.until(guard, n => n > 0).tryResult(), { status: 'pending' })
  await assert.rejects(
    news
      .until(guard, n => n > 0)
      .within(new Date(Date.now() + 10))
      .then(),
    TimeoutError,
  )
  assert.equal(guard.value, 0)
  drop(guard)
  const held = await mutex.lock().within(new Date(Date.now() + 1000))
  await assert.rejects(
    mutex
      .lock()
      .within(new Date(Date.now() + 5))
      .then(),
    TimeoutError,
  )
  drop(held)
})

test('sleepUntil never ends early, and does not wait for a date in the past', limit, async () => {
  const time = Date.now() + 30
  await sleepUntil(time)
  assert.ok(Date.now() >= time)
  sleepUntil(new Date(Date.now() + 20)).wait()
  await sleepUntil(new Date(0))
  assert.throws(() => sleepUntil(new Date(NaN)), RangeError)
})

test('a select refuses a promise as an arm', limit, () => {
  const arms = { a: Promise.resolve(1) as unknown as Wait<number> }
  assert.throws(() => select(arms), /The arm a of a select must be a Wait, got/)
})

test('timeout() ends a Wait without an effect', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  await assert.rejects(
    timeout(5, () => rx.recv()),
    TimeoutError,
  )
  tx.send(1)
  assert.equal(await rx.recv(), 1)
})
