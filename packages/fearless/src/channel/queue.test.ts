/** Queues are first in, first out; a push to a full queue returns the pushed value or, when forced, the oldest one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  ArrayQueue,
  AtomicI32,
  ClosedError,
  FullError,
  SegQueue,
  clone,
  drop,
  move,
  mpsc,
  thread,
  type Sender,
} from 'fearless'

const limit = { timeout: 30_000 }

test('values of any kind are popped in order, and then pop returns undefined', limit, () => {
  for (const queue of [new SegQueue<unknown>(), new ArrayQueue<unknown>(8)]) {
    const values = [1, NaN, 'text', null, { list: [1] }, 'x'.repeat(20_000), -0]
    assert.deepEqual([queue.isEmpty, queue.length, queue.pop()], [true, 0, undefined])
    for (const value of values) queue.push(clone(value) as never)
    assert.deepEqual([queue.isEmpty, queue.length], [false, values.length])
    for (const value of values) assert.deepEqual(queue.pop(), value)
    assert.equal(queue.pop(), undefined)
  }
})

test('a full queue returns the pushed value, or the oldest when forced', limit, () => {
  const queue = new ArrayQueue<number | Sender<number>>(2)
  const [value, valueRx] = mpsc.channel<number>()
  queue.push(1)
  assert.equal(queue.forcePush(2), undefined)
  assert.deepEqual([queue.isFull, queue.length, queue.capacity], [true, 2, 2])
  assert.throws(
    () => queue.push(value),
    error => error instanceof FullError && error.value === value,
  )
  value.send(7)
  assert.equal(valueRx.recv().try(), 7)
  assert.equal(queue.forcePush(value), 1)
  assert.throws(() => value.send(8), { name: 'MovedError' })
  assert.equal(queue.forcePush(4), 2)
  const back = queue.pop() as Sender<number>
  back.send(9)
  assert.equal(valueRx.recv().try(), 9)
  assert.deepEqual([queue.pop(), queue.pop()], [4, undefined])
  for (const capacity of [0, -1, 1.5, NaN, 2 ** 30]) assert.throws(() => new ArrayQueue(capacity), RangeError)
})

test('the drop of the last owner drops the remaining values', limit, async () => {
  const [value, valueRx] = mpsc.channel<number>()
  const queue = new SegQueue<Sender<number>>()
  queue.push(value)
  const shared = new Arc(queue)
  assert.equal(Arc.strongCount(shared), 1)
  const here = new AtomicI32(0)
  const other = thread.spawn(
    move(() => {
      here.store(queue.length)
      while (here.load() === 1);
    }),
  )
  while (here.load() === 0) await thread.yieldNow()
  assert.equal(Arc.strongCount(shared), 2)
  const gone = queue
  drop(queue)
  assert.throws(() => gone.pop(), { name: 'DroppedError' })
  assert.equal(valueRx.recv().try(), undefined)
  here.store(2)
  await other.join()
  assert.throws(() => valueRx.recv().try(), ClosedError)
})

for (const capacity of [undefined, 1, 16]) {
  test(`threads that push, force and pop get each value once (${capacity ?? 'unbounded'})`, limit, async () => {
    const queue = capacity === undefined ? new SegQueue<number | string>() : new ArrayQueue<number | string>(capacity)
    const each = 4000
    const pushing = new AtomicI32(3)
    const pushers = [0, 1, 2].map(from =>
      thread.spawn(
        move(() => {
          const evicted: number[] = []
          for (let i = 0; i < each;) {
            const n = i * 4 + from
            const value = i % 2 === 0 ? n : `${n}`
            if ('forcePush' in queue && i % 5 === 0) {
              const oldest = queue.forcePush(value)
              if (oldest !== undefined) evicted.push(Number(oldest))
              i++
              continue
            }
            try {
              queue.push(value)
              i++
            } catch (error) {
              if ((error as Error).name !== 'FullError') throw error
              thread.yieldNow().wait()
            }
          }
          pushing.fetchSub(1)
          return evicted
        }),
      ),
    )
    const poppers = [0, 1].map(() =>
      thread.spawn(
        move(() => {
          const got: number[] = []
          for (;;) {
            const last = pushing.load() === 0
            const value = queue.pop()
            if (value !== undefined) got.push(Number(value))
            else if (last) return got
            else thread.yieldNow().wait()
          }
        }),
      ),
    )
    const all = (await Promise.all([...pushers, ...poppers].map(handle => handle.join()))).flat()
    assert.deepEqual(
      all.sort((a, b) => a - b),
      Array.from({ length: each * 3 }, (_, i) => Math.floor(i / 3) * 4 + (i % 3)),
    )
  })
}
