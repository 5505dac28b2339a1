/** Broadcast: every receiver receives every message sent during its lifetime, or learns how many it missed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  ClosedError,
  LaggedError,
  Mutex,
  NotSendError,
  broadcast,
  drop,
  move,
  mpsc,
  select,
  sleep,
  thread,
  type BroadcastReceiver,
  type Sender,
} from 'fearless'
import { HANDLES, HANDLE_OWNER, HEAP_TOP, core, i32 } from '../../dist/internal.js'

const limit = { timeout: 30_000 }

test('every receiver gets its own copy of every message in order', limit, async () => {
  const [tx, rx] = broadcast.channel<unknown>(16)
  const other = tx.subscribe()
  assert.deepEqual([tx.receivers, rx.capacity, rx.length], [2, 16, 0])
  const values = [1, NaN, 'text', { list: [1, 2] }, new Uint8Array([1, 2]), undefined, 'x'.repeat(20_000)]
  for (const value of values) assert.equal(tx.send(value as never), 2)
  assert.equal(rx.length, values.length)
  for (const value of values) {
    const [a, b] = [await rx.recv(), other.recv().wait()]
    assert.deepEqual(a, value)
    assert.deepEqual(b, value)
    if (typeof value === 'object') assert.ok(a !== b && a !== value)
  }
  assert.equal(rx.recv().try(), undefined)
  assert.equal((values[4] as Uint8Array).length, 2)
})

test(
  'a receiver gets only later messages, and a send without a receiver is refused until one subscribes',
  limit,
  async () => {
    const [tx, rx] = broadcast.channel<number>(4)
    tx.send(1)
    const later = tx.subscribe()
    assert.equal(later.recv().try(), undefined)
    tx.send(2)
    assert.deepEqual([...rx.tryIter()], [1, 2])
    assert.deepEqual([...later.tryIter()], [2])
    drop(rx)
    drop(later)
    assert.throws(() => tx.send(3), { name: 'ClosedError', value: 3 })
    const again = tx.subscribe()
    assert.equal(tx.send(4), 1)
    assert.equal(await again.recv(), 4)
  },
)

test(
  'a receiver that lags gets one LaggedError and then the oldest of a power of two kept messages',
  limit,
  async () => {
    const [tx, rx] = broadcast.channel<string>(3)
    assert.equal(rx.capacity, 4)
    const kept = tx.subscribe()
    for (let n = 0; n < 4; n++) tx.send(`${n}`)
    assert.deepEqual([...kept.tryIter()], ['0', '1', '2', '3'])
    for (let n = 4; n < 9; n++) tx.send(`${n}`)
    assert.equal(rx.length, 9)
    assert.throws(() => rx.recv().try(), { name: 'LaggedError', code: 'FL0014', missed: 5 })
    assert.deepEqual([...rx.tryIter()], ['5', '6', '7', '8'])
    await assert.rejects(async () => await kept.recv(), { name: 'LaggedError', missed: 1 })
    assert.equal(await kept.recv(), '5')
    for (const capacity of [0, -1, 1.5, NaN, 2 ** 27]) assert.throws(() => broadcast.channel(capacity), RangeError)
  },
)

test('the end comes after the remaining messages, repeats, and is ready in a select', limit, async () => {
  const [tx, rx] = broadcast.channel<number>(8)
  const other = tx.subscribe()
  const tx2 = tx.clone()
  assert.ok(tx2.sameChannel(tx))
  tx.send(1)
  drop(tx)
  assert.equal(await rx.recv(), 1)
  assert.equal(rx.recv().try(), undefined)
  const waiting = assert.rejects(async () => await rx.recv(), ClosedError)
  drop(tx2)
  await waiting
  assert.deepEqual([...other], [1])
  for await (const n of rx) assert.fail(`${n}`)
  assert.throws(() => rx.recv().try(), ClosedError)
  await assert.rejects(async () => await select({ rx: rx.recv(), late: sleep(20_000) }), ClosedError)
})

test('each copy of a shared handle is one more owner, and handles with one owner are refused', limit, async () => {
  const [tx, rx] = broadcast.channel<{ counter: Arc<Mutex<number>>; reply: Sender<string> }>(4)
  const other = tx.subscribe()
  const counter = new Arc(new Mutex(0))
  const [reply, replies] = mpsc.channel<string>()
  tx.send({ counter, reply })
  reply.send('still mine')
  const before = Arc.strongCount(counter)
  for (const receiver of [rx, other]) {
    const got = await receiver.recv()
    got.counter.update(n => n + 1).wait()
    got.reply.send('from a copy')
    drop(got.reply)
  }
  assert.equal(await counter.update(n => n), 2)
  // No receiver is left for the message, so the handle in it was dropped.
  assert.equal(Arc.strongCount(counter), before + 1)
  drop(reply)
  assert.deepEqual([...replies], ['still mine', 'from a copy', 'from a copy'])
  const [bad] = broadcast.channel<unknown>(1)
  assert.throws(() => bad.send(mpsc.channel()[1] as never), NotSendError)
})

test('a message is freed when all receivers have seen it, it is overwritten, or they are dropped', limit, async () => {
  const used = (): number => {
    let count = 0
    for (let at = core.nextObject(HANDLES, 0); at !== 0; at = core.nextObject(HANDLES, at))
      if (Atomics.load(i32, (at + HANDLE_OWNER) >> 2) !== 0) count++
    return count
  }
  const shared = new Arc({ a: 1 })
  const before = used()
  const round = async (): Promise<void> => {
    const [tx, rx] = broadcast.channel<{ shared: Arc<{ a: number }>; fill: string }>(4)
    const idle = tx.subscribe()
    for (let n = 0; n < 10; n++) {
      tx.send({ shared, fill: 'x'.repeat(5000) })
      if (n % 2 === 0) for (const got of rx.tryIter()) drop(got.shared)
    }
    drop(rx)
    assert.equal(Arc.strongCount(shared), 1 + 4)
    drop(idle)
    assert.equal(Arc.strongCount(shared), 1)
    drop(tx)
  }
  await round()
  const top = i32[HEAP_TOP >> 2]
  for (let i = 0; i < 200; i++) await round()
  assert.equal(used(), before)
  // The thread's caches may have been refilled in between.
  assert.ok(i32[HEAP_TOP >> 2] - top <= 131_072, `the heap grew by ${i32[HEAP_TOP >> 2] - top} bytes`)
})

test('receivers that keep up get every message, and receivers that lag count every missed one', limit, async () => {
  const [tx, rx] = broadcast.channel<number | { from: number; n: number }>(256)
  const each = 3000
  const ready = new AtomicI32(0)
  const counting = (mine: BroadcastReceiver<number | { from: number; n: number }>, pause: number) =>
    thread.spawn(
      (receiver, pauseMs, at) => {
        at.fetchAdd(1)
        let [got, missed] = [0, 0]
        const last = [-1, -1]
        for (;;) {
          try {
            const value = receiver.recv().wait()
            const [from, n] = typeof value === 'number' ? [value % 2, Math.floor(value / 2)] : [value.from, value.n]
            if (n <= last[from]) throw new Error(`${n} after ${last[from]}`)
            last[from] = n
            got++
            if (pauseMs > 0 && got % 100 === 0) sleep(pauseMs).wait()
          } catch (error) {
            if (error instanceof LaggedError) missed += error.missed
            else if (error instanceof ClosedError) return got + missed
            else throw error
          }
        }
      },
      mine,
      pause,
      ready,
    )
  const receivers = [counting(tx.subscribe(), 0), counting(tx.subscribe(), 1)]
  const own = (async () => {
    let total = 0
    for (;;) {
      try {
        await rx.recv()
        total++
      } catch (error) {
        if (error instanceof LaggedError) total += error.missed
        else if (error instanceof ClosedError) return total
        else throw error
      }
    }
  })()
  while (ready.load() < 2) await thread.yieldNow()
  const senders = [0, 1].map(from => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        for (let n = 0; n < each; n++) {
          mine.send(n % 2 === 0 ? n * 2 + from : { from, n })
          if (n % 50 === 0) sleep(0.1).wait()
        }
      }),
    )
  })
  drop(tx)
  for (const handle of senders) await handle.join()
  for (const handle of receivers) assert.equal(await handle.join(), each * 2)
  assert.equal(await own, each * 2)
})

test('the drop of a receiver fails the waits on it', limit, async () => {
  const [tx, rx] = broadcast.channel<number>(1)
  const failed = assert.rejects(async () => await rx.recv(), { name: 'DroppedError' })
  drop(rx)
  await failed
  assert.throws(() => tx.send(1), ClosedError)
})
