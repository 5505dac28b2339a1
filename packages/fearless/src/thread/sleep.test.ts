/** `sleep`, `sleepUntil` and `yieldNow`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtomicI32, after, move, mpsc, sleep, thread } from 'fearless'

const limit = { timeout: 20_000 }

test('a sleep that blocks or yields is never shorter than its time', limit, async () => {
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

test('the time of a sleep begins with its wait', limit, () => {
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

test('twenty threads that spin on a blocking yieldNow do not stop the thread that they wait for', limit, async () => {
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

test('twenty threads that spin on an awaited yieldNow do not stop the thread that they wait for', limit, async () => {
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

test('threads that spin without yielding do not stop the thread that they wait for', limit, async () => {
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

test('eight threads that block on a channel let a producer run that is spawned last', limit, () => {
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

test('a thread that sleeps or waits for a short time uses no processor', limit, () => {
  const before = process.cpuUsage()
  sleep(300).wait()
  after(300).recv().wait()
  const { user } = process.cpuUsage(before)
  // With a busy wait this was all of the 600 ms; the remaining time belongs to other threads of this process.
  assert.ok(user < 200_000, `${user / 1000} ms of processor time`)
})
