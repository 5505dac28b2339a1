/** Tests of lockAll: no lock order leads to a deadlock, and all locks are released together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, AtomicI32, Mutex, PoisonError, RwLock, drop, lockAll, move, select, sleep, thread } from 'fearless'

const limit = { timeout: 30_000 }

test('lockAll returns the guards in the order of its arguments, and one using releases all', limit, async () => {
  const a = new Mutex(1)
  const b = new RwLock('b')
  const c = new Arc(new Mutex({ n: 3 }))
  {
    using all = await lockAll(c, b, a)
    const [first, second, third] = all
    assert.deepEqual([first.value.n, second.value, third.value], [3, 'b', 1])
    first.value.n = 30
    second.value = 'bb'
    third.value = 10
    for (const lock of [a.lock(), b.write(), b.read(), c.lock()]) assert.equal(lock.try(), undefined)
  }
  assert.deepEqual([await a.with(n => n), await b.with(s => s), await c.with(v => v.n)], [10, 'bb', 30])
  const guards = lockAll(a, c).wait()
  const [kept] = guards
  drop(guards)
  assert.throws(() => kept.value, { code: 'FL0007' })
  assert.notEqual(a.lock().try(), undefined)
})

test('lockAll without arguments completes at once', limit, async () => {
  assert.equal((await lockAll()).length, 0)
})

test('threads that lock in different orders make progress and lose no update', limit, async () => {
  const [a, b, c] = [new Arc(new Mutex(0)), new Arc(new Mutex(0)), new Arc(new RwLock(0))]
  const each = 300
  const threads = [0, 1, 2, 3].map(k =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < each; i++) {
          const guards =
            k === 0
              ? lockAll(a, b, c).wait()
              : k === 1
                ? lockAll(c, b, a).wait()
                : k === 2
                  ? lockAll(b, a).wait()
                  : lockAll(c, a).wait()
          for (const guard of guards) guard.value += 1
          drop(guards)
        }
      }),
    ),
  )
  for (let i = 0; i < each; i++) {
    using guards = await lockAll(b, c)
    for (const guard of guards) guard.value += 1
  }
  for (const t of threads) await t
  using all = await lockAll(a, b, c)
  assert.deepEqual(
    all.map(guard => guard.value),
    [4 * each, 4 * each, 4 * each],
  )
})

test('lockAll holds no lock while it waits, so locking by hand in another order does not deadlock', limit, async () => {
  const [a, b] = [new Arc(new Mutex(0)), new Arc(new Mutex(0))]
  const first = await a.lock()
  const both = lockAll(b, a).then(guards => drop(guards))
  await sleep(1)
  // It waits for one of the locks, and the other is free.
  const second = b.lock().try()
  assert.notEqual(second, undefined)
  drop(second!)
  drop(first)
  await both
})

test('a panic poisons all locks', limit, async () => {
  const [a, b] = [new Arc(new Mutex(0)), new Arc(new Mutex(0))]
  await assert.rejects(async () => {
    using both = await lockAll(a, b)
    both[0].value = 1
    throw new RangeError('half way')
  }, RangeError)
  assert.deepEqual([a.isPoisoned, b.isPoisoned], [true, true])
  a.clearPoison()
  b.clearPoison()
  const dies = thread.spawn(
    move(() => {
      lockAll(a, b).wait()
      throw new Error('with both')
    }),
  )
  await assert.rejects(async () => await dies, /with both/)
  assert.deepEqual([a.isPoisoned, b.isPoisoned], [true, true])
})

test('a poisoned lock is refused and the other locks are free', limit, async () => {
  const [a, b, c] = [new Mutex(0), new Mutex(0), new Mutex(0)]
  assert.throws(() =>
    b
      .with(() => {
        throw new Error('no')
      })
      .wait(),
  )
  await assert.rejects(async () => await lockAll(a, b, c), PoisonError)
  for (const lock of [a, c]) {
    assert.equal(lock.isPoisoned, false)
    drop(lock.lock().try()!)
  }
})

test('passing a lock twice throws DeadlockError at the call', limit, () => {
  const a = new Arc(new Mutex(0))
  const b = new Mutex(0)
  assert.throws(() => lockAll(a, b, a), {
    name: 'DeadlockError',
    message: /Arguments 1 and 3 of `lockAll` are the same lock/,
  })
  assert.throws(() => lockAll(b, a, Arc.clone(a)), { name: 'DeadlockError', message: /Arguments 2 and 3/ })
})

test('an argument that is not a lock throws TypeError', limit, async () => {
  using guard = await new Mutex(0).lock()
  for (const other of [guard, 1, undefined, new Mutex(0).lock()])
    assert.throws(() => lockAll(other as never), TypeError)
})

test('blocking on a lock that this thread holds throws DeadlockError', limit, async () => {
  const [a, b] = [new Mutex(0), new Mutex(0)]
  using held = await a.lock()
  assert.throws(() => lockAll(b, a).wait(), { name: 'DeadlockError' })
  assert.equal(held.value, 0)
  drop(b.lock().try()!)
})

test('try and within give up without holding a lock', limit, async () => {
  const [a, b] = [new Mutex(0), new Mutex(0)]
  const held = await b.lock()
  assert.equal(lockAll(a, b).try(), undefined)
  await assert.rejects(async () => await lockAll(a, b).within(5), { name: 'TimeoutError' })
  drop(a.lock().try()!)
  drop(held)
  using both = lockAll(a, b).try()!
  assert.equal(both.length, 2)
})

test('lockAll as a losing arm of a select acquires nothing', limit, async () => {
  const [a, b] = [new Mutex(0), new Mutex(0)]
  const held = await b.lock()
  const first = await select({ both: lockAll(a, b), late: sleep(5) })
  assert.equal(first.key, 'late')
  drop(a.lock().try()!)
  drop(held)
  const next = await select({ both: lockAll(a, b), late: sleep(5000) })
  assert.equal(next.key, 'both')
  if (next.key === 'both') drop(next.value)
  drop(b.lock().try()!)
})

test('a thread that dies while it waits leaves nothing behind', limit, async () => {
  const [a, b] = [new Arc(new Mutex(0)), new Arc(new Mutex(0))]
  const begun = new AtomicI32(0)
  const held = await b.lock()
  const waits = thread.spawn(
    move(async () => {
      begun.store(1)
      const lost = lockAll(a, b).then(guards => drop(guards))
      await sleep(5)
      void lost
      throw new Error('ends while it waits')
    }),
  )
  await assert.rejects(async () => await waits, /ends while it waits/)
  drop(a.lock().try()!)
  drop(held)
  drop(b.lock().try()!)
  assert.equal(begun.load(), 1)
})
