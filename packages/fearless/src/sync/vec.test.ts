/** Vecs: numbers in the shared heap, moved without a copy, frozen to be shared, seen through views that stay inside. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  BorrowError,
  HeapFullError,
  MovedError,
  Mutex,
  drop,
  move,
  mpsc,
  par,
  parIter,
  thread,
  vec,
} from 'fearless'
import { core, i32, self } from '../../dist/internal.js'
import { HEAP_TOP } from '../core/layout.ts'

const limit = { timeout: 30_000 }

const addressOf = (numbers: unknown): number => (numbers as { memory: { at: number } }).memory.at

test('every kind holds what its typed array holds, from zeros or from numbers', limit, () => {
  for (const cell of ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'f32', 'f64'] as const) {
    const zeros = vec[cell](5)
    assert.deepEqual([...zeros], [0, 0, 0, 0, 0])
    const numbers = [0, 1, -1, 300, 70_000, 2 ** 31, 1.5]
    const expected = new (zeros.toArray().constructor as Float64ArrayConstructor)(numbers)
    const made = vec[cell](numbers)
    assert.equal(made.length, 7)
    assert.deepEqual(made.toArray(), expected)
    assert.equal(made.get(3), expected[3])
    assert.equal(made.get(7), undefined)
    made.set(6, 42)
    assert.equal(made.get(6), 42)
    assert.throws(() => made.set(7, 1), RangeError)
    drop(zeros)
    drop(made)
  }
  const big = vec.i64([1n, -(2n ** 63n), 2n ** 63n])
  assert.deepEqual([...big], [1n, -(2n ** 63n), -(2n ** 63n)])
  assert.deepEqual([...vec.u64([-1n])], [2n ** 64n - 1n])
  assert.deepEqual([...vec.f64(0)], [])
  for (const length of [-1, 1.5, NaN, Infinity]) assert.throws(() => vec.f64(length), RangeError)
  assert.throws(() => vec.f64(2 ** 28), HeapFullError)
})

test('it moves to a thread and back without a copy, and its name is dead meanwhile', limit, async () => {
  const data = vec.f64([1, 2, 3])
  const at = addressOf(data)
  const handle = thread.spawn(v => {
    v.with(view => {
      for (let i = 0; i < view.length; i++) view[i] *= 10
    })
    return v
  }, data)
  assert.throws(() => data.get(0), MovedError)
  assert.throws(() => data.with(view => view.length), MovedError)
  const back = await handle.join()
  assert.deepEqual([...back], [10, 20, 30])
  assert.equal(addressOf(back), at)
})

test('frozen, it is shared by threads, and the last owner frees it', limit, async () => {
  const data = vec.i32(1000)
  data.with(view => view.forEach((_, i) => (view[i] = i)))
  const frozen = data.freeze()
  assert.throws(() => data.length, MovedError)
  const sums = await Promise.all(
    [0, 1, 2].map(k =>
      thread.spawn(move(() => frozen.with(view => view.slice().reduce((a, b) => a + b, 0) + k))).join(),
    ),
  )
  assert.deepEqual(sums, [499_500, 499_501, 499_502])
  assert.equal(frozen.get(999), 999)
  const at = addressOf(frozen)
  drop(frozen)
  const next = vec.i32(1000)
  assert.equal(addressOf(next), at)
  assert.equal(next.get(999), 0)
})

test('a view stays inside, and does not outlive its call', limit, () => {
  const data = vec.f64([1, 2, 3, 4])
  data.with(view => {
    assert.ok(view instanceof Float64Array)
    assert.throws(() => view.buffer, BorrowError)
    assert.throws(() => view.subarray(1).buffer, BorrowError)
    for (const [from, to] of [[], [1], [1, 3], [-2], [-3, -1], [3, 1], [9], [0, 9], [-9, 2], [NaN, 2], [1.9, 2.9]]) {
      assert.deepEqual([...view.subarray(from, to)], [...Float64Array.of(1, 2, 3, 4).subarray(from, to)])
    }
    view.subarray(2)[0] = 30
    assert.equal(view[2], 30)
    for (const made of [view.map(x => x), view.slice(), view.filter(() => true), view.toSorted()]) {
      assert.equal(made.buffer.byteLength, 32)
    }
    assert.throws(() => mpsc.channel<unknown>()[0].send(view as never), { code: 'FL2002' })
    assert.equal(Object.prototype.toString.call(view), '[object Float64Array]')
    assert.equal(view.constructor.name, 'Float64Array')
  })
  assert.throws(() => data.with(view => view), BorrowError)
  assert.throws(() => data.with(async view => view.length), BorrowError)
  assert.equal(
    data.with(view => view.length),
    4,
  )
})

test('in a Mutex it is written by several threads in turn', limit, async () => {
  const counts = new Arc(new Mutex(vec.i32(4)))
  await Promise.all(
    [0, 1, 2, 3].map(k =>
      thread
        .spawn(
          move(() => {
            for (let i = 0; i < 500; i++) counts.with(v => v.with(view => void (view[k] += 1))).wait()
          }),
        )
        .join(),
    ),
  )
  assert.deepEqual(await counts.with(v => [...v]), [500, 500, 500, 500])
})

test('what a dead or finished thread owned is free again, and memory is reused within its size', limit, async () => {
  const round = async () => {
    const thrown = thread.spawn(v => {
      v.set(0, 1)
      throw new Error('no')
    }, vec.f64(100_000))
    await assert.rejects(async () => await thrown.join())
    await thread.spawn(v => v.length, vec.f64(100_000)).join()
    drop(vec.u8(10))
  }
  await round()
  const top = i32[HEAP_TOP >> 2]
  for (let i = 0; i < 50; i++) await round()
  assert.equal(i32[HEAP_TOP >> 2], top)
})

test('parIter reads it in place, with the results of an array', limit, async () => {
  for (const cell of ['i8', 'u16', 'i32', 'f32', 'f64'] as const) {
    const numbers = vec[cell](50_000)
    numbers.with(view => {
      for (let i = 0; i < view.length; i++) view[i] = (i * 7) % 251
    })
    const array = [...numbers]
    const isOdd = (x: number) => x % 2 === 1
    assert.equal(
      await parIter(numbers).sum(),
      array.reduce((a, b) => a + b, 0),
    )
    const odd = await parIter(numbers)
      .filter(x => x % 2 === 1)
      .map(x => x * 3)
      .collect()
    assert.deepEqual(
      odd,
      array.filter(isOdd).map(x => x * 3),
    )
    const frozen = numbers.freeze()
    const slow = (x: number) => {
      let t = x
      for (let i = 0; i < 50; i++) t = (t * 31 + 7) % 1009
      return t
    }
    assert.equal(
      await parIter(frozen)
        .map(x => {
          let t = x
          for (let i = 0; i < 50; i++) t = (t * 31 + 7) % 1009
          return t
        })
        .sum(),
      array.reduce((a, b) => a + slow(b), 0),
    )
    drop(frozen)
  }
  const big = vec.i64(Array.from(par.range(0, 1000), BigInt))
  assert.equal(
    await parIter(big)
      .map(x => x * 2n)
      .sum(),
    999_000n,
  )
})

test('a stale view cannot reach a structure of the library', limit, () => {
  const data = vec.i32(100)
  let stale: Int32Array | undefined
  data.with(view => void (stale = view))
  drop(data)
  stale!.fill(-1)
  // The allocator's lists go through the records of vecs, not through their memory.
  const again = [vec.i32(100), vec.i32(100), vec.i32(100)]
  assert.equal(new Set(again.map(v => addressOf(v))).size, 3)
  assert.deepEqual(
    again.map(v => v.get(0)),
    [0, 0, 0],
  )
  const block = core.allocate(self, 400)
  assert.ok(block > 0)
  core.release(self, block)
})
