/** Unbounded channels: no message is lost, doubled, changed or reordered per sender; and how a channel is closed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AtomicI32,
  ClosedError,
  MovedError,
  NotSendError,
  TimeoutError,
  drop,
  move,
  mpsc,
  select,
  thread,
  type Receiver,
  type Sender,
} from 'fearless'

const limit = { timeout: 30_000 }

test('messages arrive in order per sender, the last ones after its drop, and then the end repeats', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  for (let i = 0; i < 5; i++) tx.send(i)
  assert.equal(rx.length, 5)
  assert.equal(rx.capacity, undefined)
  assert.equal(await rx.recv(), 0)
  drop(tx)
  assert.equal(rx.recv().wait(), 1)
  assert.equal(rx.recv().try(), 2)
  assert.equal(await rx.recv().within(0), 3)
  assert.equal(rx.recv().wait(0), 4)
  for (let i = 0; i < 3; i++) {
    assert.throws(() => rx.recv().try(), { name: 'ClosedError', code: 'FL0003' })
    assert.throws(() => rx.recv().wait(), ClosedError)
    await assert.rejects(async () => rx.recv(), ClosedError)
    assert.deepEqual([...rx], [])
  }
})

test(
  'an empty channel is pending: try returns undefined, a limit throws TimeoutError, a limit of 0 receives',
  limit,
  async () => {
    const [tx, rx] = mpsc.channel<string>()
    assert.equal(rx.recv().try(), undefined)
    assert.throws(() => rx.recv().wait(10), { name: 'TimeoutError', code: 'FL0005' })
    assert.throws(() => rx.recv().wait(0), TimeoutError)
    await assert.rejects(async () => rx.recv().within(10), TimeoutError)
    await assert.rejects(async () => rx.recv().within(0), TimeoutError)
    tx.send('there')
    assert.equal(rx.recv().wait(0), 'there')
    tx.send('there')
    assert.equal(await rx.recv().within(0), 'there')
    assert.throws(() => rx.recv().wait(-1), RangeError)
  },
)

test(
  'both iterations end with the senders, break keeps the rest, and tryIter ends when the channel is empty',
  limit,
  async () => {
    const [tx, rx] = mpsc.channel<number>()
    for (let i = 0; i < 8; i++) tx.send(i)
    const got: number[] = []
    for (const x of rx) {
      got.push(x)
      if (x === 1) break
    }
    for await (const x of rx) {
      got.push(x)
      if (x === 3) break
    }
    for (const x of rx.tryIter()) {
      got.push(x)
      if (x === 5) break
    }
    got.push(...rx.tryIter())
    assert.deepEqual(got, [0, 1, 2, 3, 4, 5, 6, 7])
    assert.deepEqual([...rx.tryIter()], [])
    tx.send(8)
    drop(tx)
    assert.deepEqual([...rx], [8])
    assert.deepEqual([...rx.tryIter()], [])
    for await (const x of rx) assert.fail(`${x}`)
  },
)

test('a send without a receiver returns its value, and nothing in it was moved', limit, async () => {
  const [tx, rx] = mpsc.channel<unknown>()
  const [inner, innerRx] = mpsc.channel<number>()
  drop(rx)
  const bytes = new Uint8Array(64)
  for (const value of [1, NaN, 'text', undefined, null, { a: [1] }, bytes, { bytes, inner }]) {
    assert.throws(
      () => tx.send(value as never),
      error => error instanceof ClosedError && Object.is(error.value, value),
    )
  }
  assert.equal(bytes.length, 64)
  inner.send(1)
  assert.equal(innerRx.recv().try(), 1)
  // The same when the refusal comes after the first handle.
  const [open] = mpsc.channel<unknown>()
  assert.throws(() => open.send({ inner, bytes, f: () => {} } as never), NotSendError)
  assert.equal(bytes.length, 64)
  inner.send(2)
})

test('the drop of a receiver drops unreceived messages at once, with the handles in them', limit, async () => {
  const [tx, rx] = mpsc.channel<Sender<number> | Receiver<number> | Uint8Array>()
  const [inner, innerRx] = mpsc.channel<number>()
  const [other, otherRx] = mpsc.channel<number>()
  tx.send(inner)
  tx.send(new Uint8Array(100_000))
  tx.send(otherRx)
  assert.equal(innerRx.recv().try(), undefined)
  other.send(1)
  drop(rx)
  assert.throws(() => innerRx.recv().try(), ClosedError)
  assert.throws(() => other.send(2), ClosedError)
  drop(tx)
})

test('a channel that contains one of its own ends is freed', limit, () => {
  const [tx, rx] = mpsc.channel<unknown>()
  const watch = mpsc.channel<number>()
  tx.send(tx.clone() as never)
  tx.send(watch[0] as never)
  drop(rx)
  assert.throws(() => watch[1].recv().try(), ClosedError)
  assert.throws(() => tx.send(1 as never), ClosedError)
})

test('a Sender that was sent, captured or passed as an argument is moved', limit, async () => {
  const [carrier, carried] = mpsc.channel<Sender<number>>()
  const ways: ((tx: Sender<number>) => unknown)[] = [
    tx => carrier.send(tx),
    tx => thread.spawn(move(() => tx.send(1))),
    tx => thread.spawn(use, tx),
  ]
  for (const way of ways) {
    const [tx, rx] = mpsc.channel<number>()
    const kept = tx.clone()
    way(tx)
    assert.throws(() => tx.send(2), { name: 'MovedError', code: 'FL0006' })
    assert.throws(() => tx.clone(), MovedError)
    drop(tx)
    kept.send(1)
    drop(kept)
    assert.equal(await rx.recv(), 1)
    if (way === ways[0]) drop(carried.recv().wait())
    else assert.equal(await rx.recv(), 1)
    await assert.rejects(async () => rx.recv(), ClosedError)
  }
})

function use(tx: Sender<number>): void {
  tx.send(1)
}

test('every clone keeps the channel open until its thread returns, panics or dies', limit, async () => {
  const [tx, rx] = mpsc.channel<string>()
  const clones = [0, 1, 2].map(() => tx.clone())
  const [a, b, c] = clones
  const ends = [
    thread.spawn(move(() => a.send('ends'))),
    thread.spawn(
      move(() => {
        b.send('throws')
        throw new Error('bang')
      }),
    ),
    thread.spawn(
      move(() => {
        c.send('dies')
        process.exit(1)
      }),
    ),
  ]
  drop(tx)
  const got: string[] = []
  for await (const x of rx) got.push(x)
  assert.deepEqual(got.sort(), ['dies', 'ends', 'throws'])
  for (const end of ends)
    await end.join().then(
      () => {},
      () => {},
    )
})

test('a blocked receiver and an awaiting one see the end', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const [tx2, rx2] = mpsc.channel<number>()
  const ready = new AtomicI32(0)
  const t = thread.spawn(
    move(() => {
      ready.store(1)
      try {
        rx.recv().wait()
      } catch (error) {
        return (error as Error).name
      }
      return ''
    }),
  )
  while (ready.load() === 0) await thread.yieldNow()
  const awaited = assert.rejects(async () => rx2.recv(), ClosedError)
  drop(tx)
  drop(tx2)
  assert.equal(await t.join(), 'ClosedError')
  await awaited
})

test('senders and receivers can be sent through channels in the middle of a stream', limit, async () => {
  // Each thread receives some messages, then sends the receiver on.
  const [tx, rx] = mpsc.channel<number>()
  const results = mpsc.channel<number[]>()
  const producer = thread.spawn(
    move(() => {
      for (let i = 0; i < 30_000; i++) tx.send(i)
    }),
  )
  const first = mpsc.channel<Receiver<number>>()
  first[0].send(rx)
  drop(first[0])
  let from = first[1]
  for (let hop = 0; hop < 4; hop++) {
    const [next, nextRx] = mpsc.channel<Receiver<number>>()
    const out = results[0].clone()
    const mine = from
    thread.spawn(
      move(() => {
        const r = mine.recv().wait()
        const got: number[] = []
        for (const x of r) {
          got.push(x)
          if (hop < 3 && got.length === 5000) break
        }
        out.send(got)
        next.send(r)
      }),
    )
    from = nextRx
  }
  drop(results[0])
  const all: number[] = []
  for await (const part of results[1]) all.push(...part)
  await producer.join()
  assert.deepEqual(
    all,
    Array.from({ length: 30_000 }, (_, i) => i),
  )
})

test('each request carries a reply channel whose ends move while both sides run', limit, async () => {
  const [requests, inbox] = mpsc.channel<{ n: number; reply: Sender<number> }>()
  const server = thread.spawn(
    move(() => {
      for (const { n, reply } of inbox) {
        reply.send(n * n)
        drop(reply)
      }
    }),
  )
  for (let n = 0; n < 3000; n++) {
    const [reply, answer] = mpsc.channel<number>()
    requests.send({ n, reply })
    assert.equal(await answer.recv(), n * n)
    await assert.rejects(async () => answer.recv(), ClosedError)
  }
  drop(requests)
  await server.join()
})

for (const producers of [1, 4]) {
  test(
    `a million numbers from ${producers} thread${producers > 1 ? 's' : ''} arrive once and in order per sender`,
    limit,
    async () => {
      const each = 1_000_000 / producers
      const [tx, rx] = mpsc.channel<number>()
      for (let id = 0; id < producers; id++) {
        const mine = tx.clone()
        thread.spawn(
          move(() => {
            for (let i = 0; i < each; i++) mine.send(i * 8 + id + 0.5)
          }),
        )
      }
      drop(tx)
      const next = new Float64Array(producers)
      let count = 0
      for await (const x of rx) {
        const id = Math.floor(x) % 8
        if ((x - 0.5 - id) / 8 !== next[id]++)
          assert.fail(`message ${x} of sender ${id} came after ${next[id] - 1} others`)
        count++
      }
      assert.equal(count, 1_000_000)
    },
  )

  test(
    `strings and objects from ${producers} thread${producers > 1 ? 's' : ''} arrive in another thread`,
    limit,
    async () => {
      const each = 200_000 / producers
      const [tx, rx] = mpsc.channel<string | { id: number; i: number; tag: string; ok: boolean }>()
      for (let id = 0; id < producers; id++) {
        const mine = tx.clone()
        thread.spawn(
          move(() => {
            for (let i = 0; i < each; i++) {
              if (i % 2 === 0) mine.send(`${id}:${i}:${'ü日x'[i % 3].repeat(i % 40)}`)
              else mine.send({ id, i, tag: `tag ${i % 97}`, ok: i % 3 === 0 })
            }
          }),
        )
      }
      drop(tx)
      const consumer = thread.spawn(
        move(() => {
          const next = new Array<number>(4).fill(0)
          let count = 0
          for (const m of rx) {
            const [id, i] = typeof m === 'string' ? m.split(':').map(Number) : [m.id, m.i]
            const right =
              typeof m === 'string'
                ? m === `${id}:${i}:${'ü日x'[i % 3].repeat(i % 40)}`
                : m.tag === `tag ${i % 97}` && m.ok === (i % 3 === 0) && Object.keys(m).join() === 'id,i,tag,ok'
            if (!right || i !== next[id]++) throw new Error(`wrong: ${JSON.stringify(m)}`)
            count++
          }
          return count
        }),
      )
      assert.equal(await consumer.join(), 200_000)
    },
  )
}

test('the main thread stays responsive while it receives without pause', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(1024)
  const stop = new AtomicI32(0)
  const t = thread.spawn(
    move(() => {
      while (stop.load() === 0) tx.send(1).wait()
    }),
  )
  assert.equal(await rx.recv(), 1)
  let ticks = 0
  const timer = setInterval(() => {
    if (++ticks === 5) stop.store(1)
  }, 1)
  let count = 0
  for await (const x of rx) count += x
  clearInterval(timer)
  await t.join()
  // A million messages are available at once: no receive waits, and timers still run.
  const [prefilled, all] = mpsc.channel<number>()
  for (let i = 0; i < 1_000_000; i++) prefilled.send(i)
  drop(prefilled)
  let turns = 0
  const other = setInterval(() => turns++, 1)
  for await (const x of all) count += x
  clearInterval(other)
  assert.ok(turns > 0)
  assert.ok(ticks >= 5)
  assert.ok(count > 0)
})

test('several tasks of one event loop receive each message of a channel once', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const got: number[] = []
  const tasks = [0, 1, 2].map(async () => {
    for await (const x of rx) got.push(x)
  })
  const t = thread.spawn(
    move(() => {
      for (let i = 0; i < 20_000; i++) tx.send(i)
    }),
  )
  await Promise.all(tasks)
  await t.join()
  assert.deepEqual(
    got.sort((a, b) => a - b),
    Array.from({ length: 20_000 }, (_, i) => i),
  )
})

test('limits that are reached while a message is sent lose no message', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const [tx2, rx2] = mpsc.channel<number>()
  thread.spawn(produceAll, tx)
  thread.spawn(produceAll, tx2)
  const blocking = thread.spawn(
    move(() => {
      let next = 0
      for (;;) {
        try {
          if (rx2.recv().wait((next % 4) / 20) !== next) return -1
          next++
        } catch (error) {
          if ((error as Error).name === 'ClosedError') return next
        }
      }
    }),
  )
  let next = 0
  for (;;) {
    try {
      assert.equal(await rx.recv().within((next % 3) / 2), next)
      next++
    } catch (error) {
      if (error instanceof ClosedError) break
      assert.ok(error instanceof TimeoutError)
    }
  }
  assert.equal(next, 3000)
  assert.equal(await blocking.join(), 3000)
})

function produceAll(out: Sender<number>): void {
  for (let i = 0; i < 3000; i++) {
    out.send(i)
    if (i % 7 === 0) thread.yieldNow().wait()
  }
}

test('the drop of a receiver fails a task that waits with it', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const waits = [
    assert.rejects(async () => rx.recv(), { name: 'DroppedError' }),
    assert.rejects(async () => rx.recv().within(10_000), { name: 'DroppedError' }),
  ]
  drop(rx)
  await Promise.all(waits)
  assert.throws(() => tx.send(1), ClosedError)
})

test("a moved receiver ends a task's wait, and a receiver that a failed send returned does not", limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const [carrier, carried] = mpsc.channel<Receiver<number>>()
  const first = Promise.resolve(rx.recv())
  // The receiver is encoded before the value that cannot be sent is found.
  assert.throws(() => carrier.send([rx, () => {}] as never), NotSendError)
  tx.send(1)
  assert.equal(await first, 1)
  const second = Promise.resolve(rx.recv())
  carrier.send(rx)
  await assert.rejects(second, MovedError)
  drop(await carried.recv())
  assert.throws(() => tx.send(2), ClosedError)
})

test(
  'a task waits with a receiver in two messages at once, and inside a message that is being encoded',
  limit,
  async () => {
    const [tx, rx] = mpsc.channel<number>()
    const [, other] = mpsc.channel<number>()
    const [carrier, carried] = mpsc.channel<{ a: Receiver<number>; b: Receiver<number>; c: number }>()
    const first = Promise.resolve(select({ a: rx.recv(), b: other.recv() }))
    let second: Promise<number> | undefined
    const message = new Proxy(
      { a: rx, b: other, c: 1 },
      {
        get(target, key: 'a' | 'b' | 'c') {
          if (key === 'c') second = Promise.resolve(rx.recv())
          return target[key]
        },
      },
    )
    carrier.send(message)
    await assert.rejects(first, MovedError)
    await assert.rejects(second!, MovedError)
    tx.send(3)
    const { a } = await carried.recv()
    assert.equal(await a.recv(), 3)
  },
)
