/** AtomicI32: every operation answers what was there before, wraps around, and none is lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtomicI32, DroppedError, drop, move, thread } from 'fearless'

/** `drop` as tsc would not have it: the name is used again, to see that this fails. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }
const MAX = 2 ** 31 - 1
const MIN = -(2 ** 31)

test('operations and their answers', limit, () => {
  const a = new AtomicI32(5)
  assert.equal(a.load(), 5)
  a.store(6)
  assert.equal(a.swap(7), 6)
  assert.equal(a.compareExchange(1, 2), 7)
  assert.equal(a.compareExchange(7, 8), 7)
  assert.equal(a.fetchAdd(2), 8)
  assert.equal(a.fetchSub(4), 10)
  assert.equal(a.fetchAnd(3), 6)
  assert.equal(a.fetchOr(8), 2)
  assert.equal(a.fetchXor(15), 10)
  assert.equal(a.load(), 5)
})

test('wraps around at both ends', limit, () => {
  const a = new AtomicI32(MAX)
  assert.equal(a.fetchAdd(1), MAX)
  assert.equal(a.load(), MIN)
  assert.equal(a.fetchSub(1), MIN)
  assert.equal(a.load(), MAX)
  a.store(2 ** 32 + 3)
  assert.equal(a.load(), 3)
  assert.equal(new AtomicI32(2 ** 31).load(), MIN)
  assert.equal(a.compareExchange(3, -1), 3)
  assert.equal(a.fetchAnd(MIN), -1)
  assert.equal(a.load(), MIN)
})

test('only integers', limit, () => {
  for (const value of [0.5, NaN, Infinity, '1' as never, undefined as never])
    assert.throws(() => new AtomicI32(value), RangeError)
})

test('four threads and main, nothing is lost', limit, async () => {
  const [sum, cas] = [new AtomicI32(0), new AtomicI32(0)]
  const threads = Array.from({ length: 4 }, () =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 30_000; i++) {
          sum.fetchAdd(3)
          for (let seen = cas.load(); ;) {
            const found = cas.compareExchange(seen, seen + 1)
            if (found === seen) break
            seen = found
          }
        }
      }),
    ),
  )
  for (let i = 0; i < 30_000; i++) sum.fetchSub(1)
  for (const t of threads) await t.join()
  assert.equal(sum.load(), 330_000)
  assert.equal(cas.load(), 120_000)
})

test('crossing shares it; dropping ends one owner', limit, async () => {
  const a = new AtomicI32(1)
  await thread
    .spawn(
      move(() => {
        a.fetchAdd(1)
        drop(a)
      }),
    )
    .join()
  assert.equal(a.load(), 2)
  end(a)
  end(a)
  for (const use of [() => a.load(), () => a.store(1), () => a.fetchAdd(1)]) assert.throws(use, DroppedError)
})
