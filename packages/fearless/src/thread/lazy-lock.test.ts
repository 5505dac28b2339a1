/** LazyLock: the first use in any thread makes the value, once; an initialiser that throws poisons it for ever. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AtomicI32,
  LazyLock,
  Mutex,
  NotSendError,
  PoisonError,
  drop,
  move,
  mpsc,
  select,
  sleep,
  thread,
} from 'fearless'

const limit = { timeout: 20_000 }

test('a LazyLock makes its value on first use, once for all threads', limit, async () => {
  const calls = new AtomicI32(0)
  const base = [1, 2]
  const lazy = new LazyLock(
    move(() => {
      calls.fetchAdd(1)
      return { list: [...base, 3] }
    }),
  )
  assert.equal(lazy.get(), undefined)
  assert.equal(calls.load(), 0)
  const threads = [0, 1, 2].map(() => thread.spawn(move(() => lazy.force().wait().list.length)))
  assert.deepEqual((await lazy.force()).list, [1, 2, 3])
  for (const t of threads) assert.equal(await t.join(), 3)
  assert.equal(calls.load(), 1)
  assert.equal(lazy.get(), lazy.force().wait())
  assert.equal(lazy.force().try(), lazy.get())
  assert.throws(() => (lazy.get()!.list as number[]).push(4), TypeError)
})

/** Not in `move`: the compiler extracts it all the same, with its imports. */
const half = (n: number): number => n / 2

test('an initialiser that captures nothing needs no move', limit, async () => {
  const lazy = new LazyLock(() => [half(6), Math.max(1, 2)])
  assert.deepEqual(await lazy.force(), [3, 2])
})

test('an initialiser that the compiler has not extracted is refused', limit, () => {
  const make: () => { from: string } = eval(`() => ({ from: 'a text that no compiler has seen' })`) as never
  assert.throws(() => new LazyLock(make), { code: 'FL2003' })
})

test('a LazyLock serves blocking threads and selects, and may contain a number or a lock', limit, async () => {
  const lazy = new LazyLock(move(() => 41))
  assert.equal(lazy.force().wait() + 1, 42)
  const other = new LazyLock(move(() => 'text'))
  assert.equal((await select({ lazy: other.force(), late: sleep(10_000) })).key, 'lazy')
  const lock = new LazyLock(move(() => new Mutex([1])))
  lock
    .force()
    .wait()
    .with(list => list.push(2))
    .wait()
  const t = thread.spawn(
    move(() =>
      lock
        .force()
        .wait()
        .with(list => list.length)
        .wait(),
    ),
  )
  assert.equal(await t.join(), 2)
})

test('an error of the initialiser, or the death of its thread, poisons a LazyLock for ever', limit, async () => {
  const calls = new AtomicI32(0)
  const lazy = new LazyLock<number>(
    move(() => {
      calls.fetchAdd(1)
      throw new RangeError('bang')
    }),
  )
  for (let i = 0; i < 2; i++) {
    await assert.rejects(
      async () => lazy.force(),
      (error: PoisonError) => {
        assert.ok(error instanceof PoisonError)
        assert.ok(error.cause instanceof RangeError)
        assert.equal(error.cause.message, 'bang')
        return true
      },
    )
    assert.equal(
      await thread
        .spawn(
          move(() => {
            try {
              return lazy.force().wait()
            } catch (error) {
              return (error as Error).name
            }
          }),
        )
        .join(),
      'PoisonError',
    )
  }
  assert.equal(calls.load(), 1)
  assert.equal(lazy.get(), undefined)
  const dies = new LazyLock<number>(move(() => process.exit(1)))
  assert.throws(() => dies.force().wait(), PoisonError)
  const refused = new LazyLock<unknown>(move(() => (() => 1) as never))
  await assert.rejects(
    async () => refused.force(),
    (error: Error) => error instanceof PoisonError && error.cause instanceof NotSendError,
  )
})

test('force inside of the initialiser throws DeadlockError', limit, async () => {
  const [tx, rx] = mpsc.channel<LazyLock<number>>()
  const lazy = new LazyLock<number>(move(() => rx.recv().wait().force().wait()))
  const other = thread.spawn(move(() => tx.send(lazy)))
  await assert.rejects(
    async () => lazy.force(),
    (error: Error) => (error.cause as Error).name === 'DeadlockError',
  )
  await other.join()
})

test('dropping an unused LazyLock drops the captures of its initialiser', limit, () => {
  const [tx, rx] = mpsc.channel<number>()
  const lazy = new LazyLock(
    move(() => {
      tx.send(1)
      return 1
    }),
  )
  assert.equal(rx.recv().try(), undefined)
  drop(lazy)
  assert.throws(() => rx.recv().try(), { name: 'ClosedError' })
})
