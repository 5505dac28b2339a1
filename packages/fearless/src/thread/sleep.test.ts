/** sleep and yieldNow. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtomicI32, after, move, mpsc, sleep, thread } from 'fearless'

const limit = { timeout: 20_000 }

test('a sleep is never shorter than asked, blocking or yielding', limit, async () => {
  for (const ms of [0, 0.3, 1, 2.5, 7, 20]) {
    let start = performance.now()
    sleep(ms).wait()
    assert.ok(performance.now() - start >= ms)
    start = performance.now()
    await sleep(ms)
    assert.ok(performance.now() - start >= ms)
    const slept = await thread
      .spawn(
        move(() => {
          const begin = performance.now()
          sleep(ms).wait()
          return performance.now() - begin
        }),
      )
      .join()
    assert.ok(slept >= ms)
  }
})

test('a sleep begins when it is waited for', limit, () => {
  const nap = sleep(10)
  sleep(15).wait()
  const start = performance.now()
  nap.wait()
  assert.ok(performance.now() - start >= 10)
})

test('negative and NaN sleeps are refused', limit, () => {
  assert.throws(() => sleep(-1), RangeError)
  assert.throws(() => sleep(NaN), RangeError)
})

test('an awaited yield lets the event loop run', limit, async () => {
  let ran = false
  setImmediate(() => (ran = true))
  await thread.yieldNow()
  assert.ok(ran)
})

test('twenty threads that spin by yielding do not stop the one they wait for', limit, async () => {
  const flag = new AtomicI32(0)
  const handles = Array.from({ length: 20 }, () =>
    thread.spawn(
      move(() => {
        while (flag.load() === 0) thread.yieldNow().wait()
        return 1
      }),
    ),
  )
  const last = thread.spawn(move(() => flag.store(1)))
  last.join().wait()
  for (const handle of handles) assert.equal(await handle.join(), 1)
})

test('twenty threads that spin by awaiting do not stop the one they wait for', limit, async () => {
  const flag = new AtomicI32(0)
  const handles = Array.from({ length: 20 }, () =>
    thread.spawn(
      move(async () => {
        while (flag.load() === 0) await thread.yieldNow()
        return 1
      }),
    ),
  )
  const last = thread.spawn(move(() => flag.store(1)))
  await last.join()
  for (const handle of handles) assert.equal(await handle.join(), 1)
})

test('threads that spin without yielding do not stop the one they wait for', limit, async () => {
  const flag = new AtomicI32(0)
  const handles = Array.from({ length: 5 }, () =>
    thread.spawn(
      move(() => {
        while (flag.load() === 0);
        return 1
      }),
    ),
  )
  const last = thread.spawn(move(() => flag.store(1)))
  last.join().wait()
  for (const handle of handles) assert.equal(await handle.join(), 1)
})

test('eight threads that block on a channel, and one producer that comes last', limit, () => {
  const [results, collected] = mpsc.channel<number>()
  const senders = Array.from({ length: 8 }, () => {
    const [tx, rx] = mpsc.channel<number>()
    const out = results.clone()
    thread.spawn(
      move(() => {
        for (const value of rx) out.send(value * 2)
      }),
    )
    return tx
  })
  thread.spawn(
    move(() => {
      for (const sender of senders) for (let i = 0; i < 10; i++) sender.send(i)
    }),
  )
  results[Symbol.dispose]()
  let sum = 0
  for (const value of collected) sum += value
  assert.equal(sum, 8 * 90)
})

test('a thread that sleeps, or waits for a moment, uses no processor', limit, () => {
  const before = process.cpuUsage()
  sleep(300).wait()
  after(300).recv().wait()
  const { user } = process.cpuUsage(before)
  // It was all of the 600 ms; the rest is what other threads of this process do.
  assert.ok(user < 200_000, `${user / 1000} ms of processor time`)
})
