/** JoinHandle, Thread and park: which thread may join, how park tokens count, how a thread is named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AtomicI32,
  DroppedError,
  MovedError,
  TimeoutError,
  drop,
  move,
  mpsc,
  select,
  sleep,
  thread,
  type Thread,
  type JoinHandle,
} from 'fearless'

const limit = { timeout: 20_000 }

test('a second join of a thread throws', limit, async () => {
  const handle = thread.spawn(() => 1)
  assert.equal(await handle.join(), 1)
  await assert.rejects(async () => handle.join(), MovedError)
  assert.throws(() => handle.join().wait(), MovedError)
  assert.throws(() => handle.join().try(), MovedError)
  assert.throws(() => handle.thread, MovedError)
})

test('one of two concurrent joins gets the outcome', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const handle = thread.spawn(move(() => rx.recv().wait()))
  const both = Promise.allSettled([handle.join(), handle.join()])
  tx.send(3)
  const [a, b] = await both
  assert.deepEqual([a.status, b.status].sort(), ['fulfilled', 'rejected'])
})

test('a JoinHandle can be awaited, blocked on, tried and limited as any Wait', limit, async () => {
  assert.equal(await thread.spawn(() => 1), 1)
  assert.equal(thread.spawn(() => 2).wait(), 2)
  const finished = thread.spawn(() => 3)
  while (!finished.isFinished()) await thread.yieldNow()
  assert.equal(finished.try(), 3)
  const [tx, rx] = mpsc.channel<number>()
  const handle = thread.builder({ name: 'limited' }).spawn(move(() => rx.recv().wait()))
  assert.equal(handle.try(), undefined)
  assert.throws(() => handle.wait(5), TimeoutError)
  await assert.rejects(handle.within(5), TimeoutError)
  tx.send(4)
  assert.equal(await handle.within(10_000), 4)
})

test('a JoinHandle supports then, catch, finally and the combinators of promises', limit, async () => {
  const spawnOne = (n: number): JoinHandle<number> => thread.spawn((m: number) => m, n)
  const failing = (): JoinHandle<number> =>
    thread.spawn((): number => {
      throw new RangeError('no')
    })
  assert.deepEqual(await Promise.all([1, 2, 3].map(spawnOne)), [1, 2, 3])
  assert.equal(await Promise.race([spawnOne(4), sleep(1000)]), 4)
  assert.equal(await Promise.any([failing(), spawnOne(5)]), 5)
  const [good, bad] = await Promise.allSettled([spawnOne(6), failing()])
  assert.deepEqual([good.status, bad.status], ['fulfilled', 'rejected'])
  await assert.rejects(failing(), RangeError)
  await assert.doesNotReject(spawnOne(7))
  assert.equal(await failing().catch(error => String(error)), 'RangeError: no')
  const ends: string[] = []
  assert.equal(await spawnOne(8).finally(() => ends.push('value')), 8)
  await assert.rejects(
    failing().finally(() => ends.push('error')),
    RangeError,
  )
  assert.deepEqual(ends, ['value', 'error'])
  const returned = async (): Promise<number> => spawnOne(9)
  assert.equal(await returned(), 9)
  assert.equal(await Promise.resolve(spawnOne(10)), 10)
  assert.equal(await spawnOne(11).then(n => spawnOne(n + 1)), 12)
})

test("a thread that returns a JoinHandle returns the result of that handle's thread", limit, async () => {
  assert.equal(await thread.spawn(() => thread.spawn(() => 'inner')), 'inner')
  assert.equal(await thread.scope(s => s.spawn(() => 'scoped')), 'scoped')
})

test('a handle in a message is not awaited, alone or in an object', limit, async () => {
  const [tx, rx] = mpsc.channel<JoinHandle<number>>()
  for (let i = 0; i < 3; i++) tx.send(thread.spawn((n: number) => n, i))
  assert.equal(await rx.recv().wait().join(), 0)
  assert.equal(await rx.recv(), 1)
  drop(tx)
  for await (const handle of rx) assert.equal(await handle, 2)
  const [give, take] = mpsc.channel<{ handle: JoinHandle<number> }>()
  give.send({ handle: thread.spawn(() => 3) })
  const { handle } = await take.recv()
  assert.equal(await handle, 3)
})

test('Promise.all over one handle twice rejects, because the handle was already joined', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const handle = thread.spawn(move(() => rx.recv().wait()))
  const both = Promise.all([handle, handle])
  tx.send(1)
  await assert.rejects(both, (error: Error) => error instanceof MovedError && error.message.includes('already joined'))
  await assert.rejects(handle, MovedError)
  assert.throws(() => handle.isFinished(), MovedError)
})

test(
  'one of two pending joins of a handle gets the value, and the other rejects as already joined',
  limit,
  async () => {
    const ways: Record<string, (handle: JoinHandle<number>) => Promise<number>> = {
      'await handle': async handle => await handle,
      'await handle.join()': async handle => await handle.join(),
      'handle.then': handle => handle.then(value => value),
      'handle.within': async handle => await handle.within(20_000),
      select: async handle => (await select({ handle })).value,
      'handle.join() in a select': async handle => (await select({ joined: handle.join() })).value,
    }
    for (const [first, join] of Object.entries(ways)) {
      for (const [second, joinToo] of Object.entries(ways)) {
        const [tx, rx] = mpsc.channel<number>()
        const handle = thread.spawn(move(() => rx.recv().wait()))
        const joins = [join(handle), joinToo(handle)]
        tx.send(7)
        const settled = await Promise.allSettled(joins)
        const values = settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
        const errors = settled.flatMap(each => (each.status === 'rejected' ? [each.reason as Error] : []))
        assert.deepEqual(values, [7], `${first}, ${second}`)
        assert.ok(
          errors[0] instanceof MovedError && errors[0].message.includes('already joined'),
          `${first}, ${second}: ${errors[0]}`,
        )
      }
    }
  },
)

test('a panic of a thread whose handle is not awaited rejects no promise', limit, async () => {
  const rejections: unknown[] = []
  const note = (error: unknown): void => void rejections.push(error)
  process.on('unhandledRejection', note)
  const handle = thread.spawn(() => {
    throw new Error('nobody listens')
  })
  while (!handle.isFinished()) await thread.yieldNow()
  await sleep(5)
  process.off('unhandledRejection', note)
  assert.deepEqual(rejections, [])
  await assert.rejects(handle, /nobody listens/)
})

test('a dropped handle cannot be joined, and the thread runs on', limit, async () => {
  const [tx, rx] = mpsc.channel<string>()
  const [go, wait] = mpsc.channel<number>()
  const handle = thread.spawn(
    move(() => {
      wait.recv().wait()
      tx.send('still here')
    }),
  )
  const dropped: JoinHandle<void> = handle
  drop(handle)
  assert.throws(() => dropped.join().wait(), DroppedError)
  go.send(1)
  assert.equal(await rx.recv(), 'still here')
})

test('a join with a limit times out, and a tried join does not wait', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const handle = thread.spawn(move(() => rx.recv().wait()))
  assert.equal(handle.join().try(), undefined)
  assert.throws(() => handle.join().wait(5), TimeoutError)
  await assert.rejects(async () => handle.join().within(5), TimeoutError)
  tx.send(4)
  assert.equal(await handle.join(), 4)
})

test('isFinished is true as soon as join would not wait', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const handle = thread.spawn(move(() => rx.recv().wait()))
  assert.equal(handle.isFinished(), false)
  tx.send(1)
  while (!handle.isFinished()) await thread.yieldNow()
  assert.equal(handle.join().try(), 1)
  const failed = thread.spawn(() => {
    throw new RangeError('x')
  })
  while (!failed.isFinished()) thread.yieldNow().wait()
  assert.throws(() => failed.join().try(), RangeError)
})

test('ids are unique and main is 1', limit, async () => {
  assert.equal(thread.current().id, 1)
  assert.equal(thread.current().name, 'main')
  const handles = Array.from({ length: 50 }, () => thread.spawn(() => thread.current().id))
  const ids = new Set<number>([1])
  for (const handle of handles) {
    const { id } = handle.thread
    assert.equal(await handle.join(), id)
    ids.add(id)
  }
  assert.equal(ids.size, 51)
})

test('a thread has no name without a builder, and any text without a NUL with one', limit, async () => {
  assert.equal(await thread.spawn(() => thread.current().name).join(), undefined)
  for (const name of ['parser', '', 'ünïcødé 🧵', 'x'.repeat(1000)]) {
    const handle = thread.builder({ name }).spawn(() => thread.current().name)
    assert.equal(handle.thread.name, name)
    assert.equal(await handle.join(), name)
  }
  assert.throws(() => thread.builder({ name: 'a\0b' }), RangeError)
})

test('a thread keeps its identity across awaits', limit, async () => {
  const ids = await thread
    .spawn(async () => {
      const before = thread.current().id
      await sleep(1)
      await thread.spawn(() => 1).join()
      return [before, thread.current().id]
    })
    .join()
  assert.equal(ids[0], ids[1])
})

test('an unpark before the park makes it return at once', limit, async () => {
  const me = thread.current()
  me.unpark()
  assert.equal(thread.park().wait(0), undefined)
  assert.throws(() => thread.park().wait(0), TimeoutError)
})

test('two unparks count once', limit, () => {
  const me = thread.current()
  me.unpark()
  me.unpark()
  thread.park().wait(0)
  assert.throws(() => thread.park().wait(1), TimeoutError)
})

test('unpark wakes a parked thread that blocks or yields', limit, async () => {
  for (const blocks of [true, false]) {
    const ready = new AtomicI32(0)
    const handle = thread.spawn(
      move(async () => {
        ready.store(1)
        if (blocks) thread.park().wait()
        else await thread.park()
        return 'woken'
      }),
    )
    while (ready.load() === 0) await thread.yieldNow()
    handle.thread.unpark()
    assert.equal(await handle.join(), 'woken')
  }
})

test('a thread unparks main while main blocks', limit, () => {
  const me = thread.current()
  thread.spawn((main: Thread) => main.unpark(), me)
  thread.park().wait()
})

test('unpark of a finished thread does nothing', limit, async () => {
  const handle = thread.spawn(() => thread.current())
  const other = handle.thread
  await handle.join()
  other.unpark()
})

test('two threads that unpark each other in turns lose no token', limit, async () => {
  const turn = new AtomicI32(0)
  const me = thread.current()
  const handle = thread.spawn(
    (main: Thread, t: AtomicI32) => {
      for (let i = 0; i < 2000; i++) {
        while (t.load() !== 1) thread.park().wait()
        t.store(0)
        main.unpark()
      }
    },
    me,
    turn,
  )
  const other = handle.thread
  for (let i = 0; i < 2000; i++) {
    turn.store(1)
    other.unpark()
    while (turn.load() !== 0) thread.park().wait()
  }
  await handle.join()
})

test('park and join can be arms of a select', limit, async () => {
  thread.current().unpark()
  assert.equal((await select({ parked: thread.park(), late: sleep(10_000) })).key, 'parked')
  const handle = thread.spawn(() => 6)
  assert.deepEqual(await select({ done: handle.join(), late: sleep(10_000) }), { key: 'done', value: 6 })
  const other = thread.spawn(() => 7)
  assert.deepEqual(await select({ late: sleep(10_000), other }), { key: 'other', value: 7 })
})
