/** JoinHandle, Thread, park: who may join, what a token is, how a thread is called. */
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

test('a thread is joined once', limit, async () => {
  const handle = thread.spawn(() => 1)
  assert.equal(await handle.join(), 1)
  await assert.rejects(async () => handle.join(), MovedError)
  assert.throws(() => handle.join().wait(), MovedError)
  assert.throws(() => handle.join().try(), MovedError)
  assert.throws(() => handle.thread, MovedError)
})

test('of two joins at once, one gets the outcome', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const handle = thread.spawn(move(() => rx.recv().wait()))
  const both = Promise.allSettled([handle.join(), handle.join()])
  tx.send(3)
  const [a, b] = await both
  assert.deepEqual([a.status, b.status].sort(), ['fulfilled', 'rejected'])
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

test('a join can be limited, and tried', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const handle = thread.spawn(move(() => rx.recv().wait()))
  assert.equal(handle.join().try(), undefined)
  assert.throws(() => handle.join().wait(5), TimeoutError)
  await assert.rejects(async () => handle.join().within(5), TimeoutError)
  tx.send(4)
  assert.equal(await handle.join(), 4)
})

test('isFinished says that join would not wait', limit, async () => {
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

test('names: none without a builder, any text with one, no NUL', limit, async () => {
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

test('unpark wakes a parked thread, blocking or yielding', limit, async () => {
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

test('unparking a thread that has ended does nothing', limit, async () => {
  const handle = thread.spawn(() => thread.current())
  const other = handle.thread
  await handle.join()
  other.unpark()
})

test('tokens are lost by nobody: a ping-pong of parks', limit, async () => {
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

test('park and join stand in a select', limit, async () => {
  thread.current().unpark()
  assert.equal((await select({ parked: thread.park(), late: sleep(10_000) })).key, 'parked')
  const handle = thread.spawn(() => 6)
  assert.deepEqual(await select({ done: handle.join(), late: sleep(10_000) }), { key: 'done', value: 6 })
})
