/** after, at, tick, never: ticks that are never early and received once, as loops and as arms of a select. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtomicI32, TimeoutError, after, at, drop, move, mpsc, never, select, sleep, thread, tick } from 'fearless'

const limit = { timeout: 30_000 }
const clock = (): number => performance.timeOrigin + performance.now()

test('after ticks once, never early, and is not closed', limit, async () => {
  for (const how of ['awaiting', 'blocking'] as const) {
    const start = clock()
    const timer = after(20)
    assert.equal(timer.recv().try(), undefined)
    const moment = how === 'awaiting' ? await timer.recv() : timer.recv().wait()
    assert.ok(clock() - start >= 20)
    assert.ok(moment - start >= 20 && moment <= clock())
    assert.equal(timer.recv().try(), undefined)
    assert.throws(() => timer.recv().wait(2), TimeoutError)
    await assert.rejects(async () => await timer.recv().within(2), TimeoutError)
  }
  assert.ok((await after(0).recv()) <= clock())
})

test('at accepts a Date or milliseconds, and a time in the past is received at once', limit, async () => {
  const time = Date.now() + 15
  assert.equal(await at(time).recv(), time)
  assert.ok(Date.now() >= time)
  const date = new Date(Date.now() + 15)
  assert.equal(at(date).recv().wait(), date.getTime())
  assert.equal(at(5).recv().try(), 5)
})

test('tick buffers one tick for a late receiver and sends the next a full period later', limit, async () => {
  const timer = tick(10)
  const start = clock()
  const first = await timer.recv()
  assert.ok(first - start >= 9)
  sleep(55).wait()
  const late = clock()
  const second = timer.recv().try()
  assert.ok(second !== undefined && second - first >= 10 && second < late - 30)
  // Missed ticks are not sent later.
  assert.equal(timer.recv().try(), undefined)
  const third = timer.recv().wait()
  assert.ok(third >= late + 10, `${third - late} ms`)
})

test('a loop that receives each tick keeps the period without drift', limit, async () => {
  const moments: number[] = []
  for await (const moment of tick(4)) if (moments.push(moment) === 6) break
  const blocking: number[] = []
  for (const moment of tick(4)) if (blocking.push(moment) === 6) break
  for (const list of [moments, blocking]) {
    for (let i = 1; i < list.length; i++) assert.ok(list[i] - list[i - 1] > 3.99)
  }
})

test('never is not ready, as an arm that is switched off', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  assert.equal(never().recv().try(), undefined)
  assert.throws(() => never().recv().wait(1), TimeoutError)
  assert.equal(select({ message: rx.recv(), late: never().recv() }).try(), undefined)
  const waiting = select({ message: rx.recv(), late: never().recv() }).then(({ key }) => key)
  tx.send(1)
  assert.equal(await waiting, 'message')
})

test('one timer limits several selects together', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const feeder = thread.spawn(
    move(() => {
      try {
        for (let n = 0; ; n++) {
          tx.send(n)
          sleep(1).wait()
        }
      } catch {
        return 'refused'
      }
    }),
  )
  assert.equal(await rx.recv(), 0)
  const late = after(60)
  let count = 1
  for (;;) {
    const next = await select({ message: rx.recv(), late: late.recv() })
    if (next.key === 'late') break
    assert.equal(next.value, count++)
  }
  assert.ok(count > 1)
  drop(rx)
  assert.equal(await feeder.join(), 'refused')
})

test('threads and tasks that share a timer receive each tick once', limit, async () => {
  const timer = tick(3)
  const ready = new AtomicI32(0)
  const threads = [0, 1].map(() =>
    thread.spawn(
      move(() => {
        ready.fetchAdd(1)
        const got: number[] = []
        while (got.length < 8) got.push(timer.recv().wait())
        return got
      }),
    ),
  )
  const own: number[] = []
  while (own.length < 8) {
    const next = await select({ moment: timer.recv(), late: sleep(1000) })
    if (next.key === 'moment') own.push(next.value)
  }
  const all = [...own, ...(await Promise.all(threads.map(handle => handle.join()))).flat()]
  assert.equal(new Set(all).size, 24)
  const sorted = all.toSorted((a, b) => a - b)
  for (let i = 1; i < 24; i++) assert.ok(sorted[i] - sorted[i - 1] > 2.99)
})

test('a timer refuses a value that is not a time, and its drop fails the waits on it', limit, async () => {
  for (const ms of [-1, NaN]) assert.throws(() => after(ms), RangeError)
  for (const ms of [0, -1, NaN]) assert.throws(() => tick(ms), RangeError)
  assert.throws(() => at(new Date(NaN)), RangeError)
  const timer = never()
  const failed = assert.rejects(async () => await timer.recv(), { name: 'DroppedError' })
  drop(timer)
  await failed
})

test('a change of the system time leaves limits and timers unchanged and moves dates', limit, async () => {
  const real = Date.now.bind(Date)
  const hour = 3_600_000
  const [period, shared] = [tick(10), after(30)]
  const start = performance.now()
  try {
    for (const jump of [hour, -hour]) {
      Date.now = () => real() + jump
      const [, rx] = mpsc.channel<number>()
      await assert.rejects(async () => await rx.recv().within(10), TimeoutError)
      assert.throws(() => rx.recv().wait(10), TimeoutError)
      sleep(5).wait()
      await period.recv()
      const date = Date.now() + 10
      assert.equal(await at(date).recv().within(5_000), date)
      const moment = await after(5).recv().within(5_000)
      assert.ok(Math.abs(moment - Date.now()) < 1_000, `${moment - Date.now()} ms off`)
    }
  } finally {
    Date.now = real
  }
  assert.ok(performance.now() - start < 20_000)
  // A thread that started under the old system time measures with the same clock.
  const early = await thread
    .spawn(
      move(() => {
        Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + 3_600_000 })
        const from = performance.now()
        const later = after(20)
        shared.recv().wait(5_000)
        later.recv().wait(5_000)
        return performance.now() - from
      }),
    )
    .join()
  assert.ok(early >= 19 && early < 5_000, `${early} ms`)
})
