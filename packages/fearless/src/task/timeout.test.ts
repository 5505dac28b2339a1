import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TimeoutError, mpsc, sleep, task, timeout } from 'fearless'

const limit = { timeout: 10_000 }

describe('timeout', limit, () => {
  test('timeout returns a value that is available in time', async () => {
    assert.equal(await timeout(5000, async () => 5), 5)
    assert.equal(await timeout(5000, () => 6), 6)
    assert.equal(await timeout(5000, () => sleep(1).then(() => 7)), 7)
  })

  test('timeout throws the error of its job', async () => {
    const error = new RangeError('no')
    await assert.rejects(
      timeout(5000, async () => {
        throw error
      }),
      thrown => thrown === error,
    )
    await assert.rejects(
      timeout(5000, () => {
        throw error
      }),
      thrown => thrown === error,
    )
  })

  test('timeout throws at its limit even if the job ignores its signal', async () => {
    const start = performance.now()
    await assert.rejects(
      timeout(20, () => new Promise(() => {})),
      TimeoutError,
    )
    assert.ok(performance.now() - start >= 20)
  })

  test('timeout aborts the signal with the error that it throws', async () => {
    let reason: unknown
    const error = await timeout(
      1,
      signal =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject((reason = signal.reason)))
        }),
    ).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof TimeoutError)
    assert.equal(error, reason)
  })

  test('timeout drops a value that comes too late', async () => {
    const late = Promise.withResolvers<number>()
    await assert.rejects(
      timeout(1, () => late.promise),
      TimeoutError,
    )
    late.reject(new Error('nobody hears this'))
    await task.yieldNow()
  })

  test('timeout returns an available value after its deadline', async () => {
    assert.equal(
      await timeout(0, async () => {
        await Promise.resolve()
        return 'ready'
      }),
      'ready',
    )
    assert.equal(await timeout(0, () => task.yieldNow().then(() => 'ready')), 'ready')
    const gate = Promise.withResolvers<string>()
    const job = timeout(1, () => gate.promise)
    // The deadline passes while this thread is busy, and the end of the job is already queued.
    setImmediate(() => gate.resolve('ready'))
    for (const end = performance.now() + 5; performance.now() < end;);
    assert.equal(await job, 'ready')
  })

  test('a wait that runs out of time takes nothing', async () => {
    const [tx, rx] = mpsc.channel<number>()
    await assert.rejects(
      timeout(1, () => rx.recv()),
      TimeoutError,
    )
    tx.send(1)
    assert.equal(await timeout(0, () => rx.recv()), 1)
  })

  test('a limit that is not a number from 0 on is refused', async () => {
    await assert.rejects(
      timeout(-1, () => 1),
      RangeError,
    )
    await assert.rejects(
      timeout(NaN, () => 1),
      RangeError,
    )
    assert.equal(await timeout(Infinity, async () => 1), 1)
    assert.equal(await timeout(2 ** 40, async () => 1), 1)
  })
})
