import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, test } from 'node:test'
import { CancelledError, JoinSet, TimeoutError, select, sleep, task } from 'fearless'

const limit = { timeout: 10_000 }
const gates = (n: number): PromiseWithResolvers<number>[] =>
  Array.from({ length: n }, () => Promise.withResolvers<number>())

describe('JoinSet', limit, () => {
  test('joinNext returns values in the order of completion, and undefined for an empty set', async () => {
    const set = new JoinSet<number>()
    assert.equal(await set.joinNext(), undefined)
    const [a, b, c] = gates(3)
    for (const gate of [a, b, c]) set.spawn(() => gate.promise)
    assert.equal(set.size, 3)
    assert.equal(set.joinNext().try(), undefined)
    b.resolve(2)
    assert.equal(await set.joinNext(), 2)
    c.resolve(3)
    await task.yieldNow()
    a.resolve(1)
    assert.equal(await set.joinNext(), 3)
    assert.equal(await set.joinNext(), 1)
    assert.equal(set.size, 0)
    assert.equal(await set.joinNext(), undefined)
  })

  test('a task that throws leaves the other tasks running', async () => {
    const error = new Error('no')
    const set = new JoinSet<number>()
    const [a] = gates(1)
    set.spawn(() => a.promise)
    set.spawn(async () => {
      throw error
    })
    await assert.rejects(
      async () => await set.joinNext(),
      thrown => thrown === error,
    )
    assert.equal(set.size, 1)
    a.resolve(5)
    assert.equal(await set.joinNext(), 5)
  })

  test('a pending joinNext returns undefined when the set becomes empty', async () => {
    const set = new JoinSet<number>()
    const [a] = gates(1)
    set.spawn(() => a.promise)
    const all = Promise.all([set.joinNext(), set.joinNext()])
    a.resolve(1)
    assert.deepEqual(await all, [1, undefined])
  })

  test('iteration includes tasks that a body spawns, and ends when the set is empty', async () => {
    const set = new JoinSet<number>()
    set.spawn(() => {
      set.spawn(() => 2)
      return 1
    })
    const values: number[] = []
    for await (const value of set) values.push(value)
    assert.deepEqual(values, [1, 2])
  })

  test('joinAll returns all values, or aborts the other tasks on the first error', async () => {
    const set = new JoinSet<number>()
    for (const i of [1, 2, 3]) set.spawn(() => i)
    assert.deepEqual(await set.joinAll(), [1, 2, 3])
    const aborted = Promise.withResolvers<void>()
    set.spawn(signal => new Promise<number>(() => signal.addEventListener('abort', () => aborted.resolve())))
    set.spawn(async () => {
      throw new RangeError('first')
    })
    await assert.rejects(set.joinAll(), /first/)
    await aborted.promise
    assert.equal(set.size, 0)
  })

  test('a joinNext that loses a select or times out takes nothing', async () => {
    const set = new JoinSet<number>()
    const [a] = gates(1)
    set.spawn(() => a.promise)
    for (let i = 0; i < 3; i++) assert.equal((await select({ next: set.joinNext(), late: sleep(1) })).key, 'late')
    await assert.rejects(async () => await set.joinNext().within(1), TimeoutError)
    a.resolve(8)
    assert.deepEqual(await select({ next: set.joinNext(), late: sleep(5000) }), { key: 'next', value: 8 })
  })

  test('a joinNext whose select chose another arm leaves the outcome in the set', async () => {
    const set = new JoinSet<string>()
    const [a] = gates(1)
    set.spawn(() => a.promise.then(String))
    const other = task.spawn(() => a.promise)
    // Both arms are woken in the same turn. One of them wins, and the outcome stays in the set if the other arm wins.
    const chosen = select({ next: set.joinNext(), other: other.join() })
    a.resolve(1)
    const { key } = await chosen
    if (key === 'other') assert.equal(await set.joinNext(), '1')
    else assert.equal(await other.join(), 1)
    assert.equal(set.size, 0)
  })
})

describe('the end of a JoinSet', limit, () => {
  test('disposing a JoinSet aborts all tasks', async () => {
    const signals: AbortSignal[] = []
    let handle
    {
      using set = new JoinSet<void>()
      for (let i = 0; i < 3; i++) {
        handle = set.spawn(signal => {
          signals.push(signal)
          return new Promise<void>(() => {})
        })
      }
      await task.yieldNow()
    }
    assert.deepEqual(
      signals.map(signal => signal.aborted),
      [true, true, true],
    )
    assert.equal(handle!.isFinished(), false)
  })

  test('shutdown waits until all bodies have ended', async () => {
    const steps: string[] = []
    {
      await using set = new JoinSet<void>()
      set.spawn(async signal => {
        await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
        await task.yieldNow()
        steps.push('clean')
      })
      await task.yieldNow()
    }
    assert.deepEqual(steps, ['clean'])
  })

  test('abortAll settles every task as cancelled', async () => {
    const set = new JoinSet<void>({ concurrency: 1 })
    let began = 0
    for (let i = 0; i < 3; i++)
      set.spawn(() => {
        began++
        return new Promise<void>(() => {})
      })
    await task.yieldNow()
    set.abortAll()
    for (let i = 0; i < 3; i++) await assert.rejects(async () => await set.joinNext(), CancelledError)
    assert.equal(await set.joinNext(), undefined)
    assert.equal(began, 1)
  })

  test('detachAll lets all tasks run on', async () => {
    const set = new JoinSet<number>({ concurrency: 1 })
    const [a] = gates(1)
    const handles = [set.spawn(() => a.promise), set.spawn(async () => 2)]
    const waiting = set.joinNext().then(value => value)
    set.detachAll()
    assert.equal(await waiting, undefined)
    assert.equal(set.size, 0)
    a.resolve(1)
    assert.deepEqual([await handles[0].join(), await handles[1].join()], [1, 2])
    assert.equal(await set.joinNext(), undefined)
  })
})

describe('concurrency', limit, () => {
  test('at most `concurrency` bodies run at a time, in order', async () => {
    const set = new JoinSet<number>({ concurrency: 3 })
    let running = 0
    let most = 0
    for (let i = 0; i < 20; i++) {
      set.spawn(async () => {
        most = Math.max(most, ++running)
        await task.yieldNow()
        running--
        return i
      })
    }
    assert.deepEqual(
      await set.joinAll(),
      Array.from({ length: 20 }, (_, i) => i),
    )
    assert.equal(most, 3)
  })

  test('an aborted held-back task is settled at once, and the next one runs in its place', async () => {
    const set = new JoinSet<number>({ concurrency: 1 })
    const [a] = gates(1)
    const [first, second, third] = [set.spawn(() => a.promise), set.spawn(() => 2), set.spawn(() => 3)]
    second.abort()
    assert.equal(second.isFinished(), true)
    await assert.rejects(async () => await set.joinNext(), CancelledError)
    a.resolve(1)
    assert.deepEqual([await first.join(), await third.join()], [1, 3])
    assert.deepEqual(await set.joinAll(), [1, 3])
  })

  test('a task that is aborted before it begins lets the next one run', async () => {
    const set = new JoinSet<number>({ concurrency: 1 })
    set.spawn(() => 1).abort()
    const next = set.spawn(() => 2)
    assert.equal(await next.join(), 2)
  })

  test('an aborted body that still runs counts until it ends', async () => {
    const set = new JoinSet<number>({ concurrency: 1 })
    const [a] = gates(1)
    const first = set.spawn(() => a.promise)
    const second = set.spawn(() => 2)
    await task.yieldNow()
    first.abort()
    await task.yieldNow()
    assert.equal(first.isFinished(), true)
    assert.equal(second.isFinished(), false)
    a.resolve(1)
    assert.equal(await second.join(), 2)
  })

  test('a hundred thousand bodies that end synchronously do not overflow the stack', async () => {
    const set = new JoinSet<number>({ concurrency: 2 })
    for (let i = 0; i < 100_000; i++) set.spawn(() => i)
    let sum = 0
    for await (const value of set) sum += value
    assert.equal(sum, 4_999_950_000)
  })

  test('a held-back task begins in the asynchronous context of its spawn', async () => {
    const context = new AsyncLocalStorage<string>()
    const set = new JoinSet<string | undefined>({ concurrency: 1 })
    for (const name of ['a', 'b', 'c']) context.run(name, () => set.spawn(async () => context.getStore()))
    assert.deepEqual(await set.joinAll(), ['a', 'b', 'c'])
  })

  test('a loop that joins before it spawns keeps the size of the set', async () => {
    const set = new JoinSet<number>()
    let most = 0
    let sum = 0
    for (let i = 0; i < 10_000; i++) {
      while (set.size >= 8) sum += (await set.joinNext())!
      set.spawn(async () => i)
      most = Math.max(most, set.size)
    }
    for await (const value of set) sum += value
    assert.equal(sum, 49_995_000)
    assert.equal(most, 8)
  })

  test('a concurrency that is not a whole number from 1 on is refused', () => {
    for (const concurrency of [0, -1, 1.5, NaN]) {
      assert.throws(() => new JoinSet({ concurrency }), /JoinSet must be a whole number of 1 or more/)
    }
  })
})
