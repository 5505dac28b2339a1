/**
 * Channels with several receivers: exactly one receives each message, and each side ends when the other side's last
 * handle is dropped.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  ClosedError,
  FullError,
  TimeoutError,
  drop,
  move,
  mpmc,
  select,
  sleep,
  thread,
  type Sender,
  type SharedReceiver,
  type SyncSender,
} from 'fearless'

const limit = { timeout: 30_000 }

const CAPACITIES = [undefined, 0, 1, 8] as const

function open<T>(capacity: number | undefined): [Sender<T> | SyncSender<T>, SharedReceiver<T>] {
  return capacity === undefined ? mpmc.channel<T>() : mpmc.channel<T>(capacity)
}

test('only clones of an end are ends of the same channel', limit, () => {
  const [tx, rx] = mpmc.channel<number>()
  const [other, otherRx] = mpmc.channel<number>()
  const [tx2, rx2] = [tx.clone(), rx.clone()]
  assert.ok(tx.sameChannel(tx2) && rx.sameChannel(rx2))
  assert.ok(!tx.sameChannel(other) && !rx.sameChannel(otherRx))
  tx.send(1)
  tx2.send(2)
  assert.equal(rx2.recv().try(), 1)
  assert.equal(rx.recv().try(), 2)
  assert.equal(rx.recv().try(), undefined)
})

test('counts are snapshots, and a channel of capacity 0 is always empty and full', limit, async () => {
  const [tx, rx] = mpmc.channel<number>(2)
  const look = () => [tx.length, rx.length, tx.isEmpty, rx.isEmpty, tx.isFull, rx.isFull, tx.capacity, rx.capacity]
  assert.deepEqual(look(), [0, 0, true, true, false, false, 2, 2])
  await tx.send(1)
  assert.deepEqual(look(), [1, 1, false, false, false, false, 2, 2])
  await tx.send(2)
  assert.deepEqual(look(), [2, 2, false, false, true, true, 2, 2])
  const [zero, zeroRx] = mpmc.channel<number>(0)
  assert.deepEqual(
    [zero.length, zero.isEmpty, zero.isFull, zero.capacity, zeroRx.isEmpty, zeroRx.isFull, zeroRx.capacity],
    [0, true, true, 0, true, true, 0],
  )
  const [free, freeRx] = mpmc.channel<number>()
  free.send(1)
  assert.deepEqual([freeRx.isFull, freeRx.isEmpty, freeRx.capacity, free.isEmpty], [false, false, undefined, false])
  for (const capacity of [-1, 1.5, NaN, 2 ** 30]) assert.throws(() => mpmc.channel(capacity), RangeError)
})

test('sends are refused when all receivers are dropped, and unreceived messages are dropped then', limit, async () => {
  const [tx, rx] = mpmc.channel<Sender<string>>()
  const [inner, innerRx] = mpmc.channel<string>()
  const other = rx.clone()
  tx.send(inner)
  drop(rx)
  assert.equal(innerRx.recv().try(), undefined)
  assert.equal(other.length, 1)
  drop(other)
  assert.throws(() => innerRx.recv().try(), ClosedError)
  const [again] = mpmc.channel<string>()
  assert.throws(
    () => tx.send(again),
    error => error instanceof ClosedError && error.value === again,
  )
  again.clone()
})

test('receivers end when all senders are dropped and every message is received once', limit, async () => {
  for (const capacity of [undefined, 3]) {
    const [tx, rx] = open<number>(capacity)
    const rx2 = rx.clone()
    const tx2 = tx.clone()
    for (const n of [1, 2, 3]) await tx2.send(n)
    drop(tx)
    drop(tx2)
    assert.equal(await rx.recv(), 1)
    assert.equal(rx2.recv().wait(), 2)
    assert.deepEqual([...rx], [3])
    assert.throws(() => rx.recv().try(), ClosedError)
    await assert.rejects(async () => await rx2.recv(), ClosedError)
    assert.deepEqual([...rx2], [])
    for await (const n of rx2) assert.fail(`${n}`)
  }
})

test('blocked and awaiting receivers all see the end', limit, async () => {
  for (const capacity of CAPACITIES) {
    const [tx, rx] = open<number>(capacity)
    const ready = new AtomicI32(0)
    const threads = [0, 1].map(() => {
      const mine = rx.clone()
      return thread.spawn(
        move(() => {
          ready.fetchAdd(1)
          return [...mine].length
        }),
      )
    })
    const tasks = [0, 1].map(async () => {
      const mine = rx.clone()
      for await (const n of mine) assert.fail(`${n}`)
    })
    while (ready.load() < 2) await thread.yieldNow()
    drop(tx)
    await Promise.all(tasks)
    for (const handle of threads) assert.equal(await handle.join(), 0)
  }
})

test('blocked and awaiting senders all get their values back when the last receiver is dropped', limit, async () => {
  for (const capacity of [0, 1]) {
    const [tx, rx] = mpmc.channel<number>(capacity)
    const other = rx.clone()
    if (capacity === 1) await tx.send(0)
    const ready = new AtomicI32(0)
    const threads = [1, 2].map(n => {
      const mine = tx.clone()
      return thread.spawn(
        move(() => {
          ready.fetchAdd(1)
          try {
            mine.send(n).wait()
          } catch (error) {
            return (error as ClosedError<number>).value
          }
          return undefined
        }),
      )
    })
    const task = assert.rejects(async () => await tx.send(3), { name: 'ClosedError', value: 3 })
    while (ready.load() < 2) await thread.yieldNow()
    drop(rx)
    drop(other)
    await task
    assert.deepEqual(await Promise.all(threads.map(handle => handle.join())), [1, 2])
    assert.throws(() => tx.send(4).try(), { name: 'ClosedError', value: 4 })
  }
})

test('a send without room returns its value from try and from blocking and awaiting limits', limit, async () => {
  for (const capacity of [0, 1]) {
    const [tx, rx] = mpmc.channel<Sender<number> | number>(capacity)
    const [value, valueRx] = mpmc.channel<number>()
    if (capacity === 1) await tx.send(0)
    assert.throws(
      () => tx.send(value).try(),
      error => error instanceof FullError && error.value === value,
    )
    assert.throws(
      () => tx.send(value).wait(2),
      error => error instanceof TimeoutError && error.value === value,
    )
    await assert.rejects(
      async () => await tx.send(value).within(2),
      error => error instanceof TimeoutError && error.value === value,
    )
    assert.throws(() => tx.send(1).wait(0), TimeoutError)
    value.send(7)
    assert.equal(valueRx.recv().try(), 7)
    assert.equal(rx.length, capacity)
  }
})

for (const capacity of CAPACITIES) {
  const name = capacity === undefined ? 'unbounded' : `capacity ${capacity}`
  test(
    `threads and tasks on both sides receive each message once and in order per sender (${name})`,
    limit,
    async () => {
      const [tx, rx] = open<number | string | { n: number; from: number }>(capacity)
      const each = capacity === 0 ? 1000 : 4000
      for (let from = 0; from < 3; from++) {
        const mine = tx.clone()
        thread.spawn(
          move(() => {
            for (let i = 0; i < each; i++) {
              const n = i * 8 + from
              const wait = mine.send(i % 3 === 0 ? n : i % 3 === 1 ? `${n}` : { n, from })
              if (wait !== undefined) wait.wait()
            }
          }),
        )
      }
      const sending = [3, 4].map(async from => {
        using mine = tx.clone()
        for (let i = 0; i < each / 4; i++) await mine.send(i * 8 + from)
      })
      drop(tx)
      const receivers = [0, 1].map(() => {
        const mine = rx.clone()
        return thread.spawn(
          move(() => {
            const got: number[] = []
            for (const x of mine) got.push(typeof x === 'object' ? x.n : Number(x))
            return got
          }),
        )
      })
      const tasks = [0, 1].map(async () => {
        using mine = rx.clone()
        const got: number[] = []
        for await (const x of mine) got.push(typeof x === 'object' ? x.n : Number(x))
        return got
      })
      drop(rx)
      await Promise.all(sending)
      const lists = [...(await Promise.all(receivers.map(handle => handle.join()))), ...(await Promise.all(tasks))]
      for (const list of lists) {
        // A receiver of some of a sender's messages receives them in that sender's order.
        const last = [-1, -1, -1, -1, -1]
        for (const n of list) {
          assert.ok(n > last[n & 7], `${n} after ${last[n & 7]}`)
          last[n & 7] = n
        }
      }
      const expected = [0, 1, 2, 3, 4].flatMap(from =>
        Array.from({ length: from < 3 ? each : each / 4 }, (_, i) => i * 8 + from),
      )
      assert.deepEqual(
        lists.flat().sort((a, b) => a - b),
        expected.sort((a, b) => a - b),
      )
    },
  )
}

test('limits and selects that end during receives lose and double no message', limit, async () => {
  for (const capacity of [undefined, 2, 0]) {
    const [tx, rx] = open<number>(capacity)
    const each = 1500
    for (let from = 0; from < 2; from++) {
      const mine = tx.clone()
      thread.spawn(
        move(() => {
          for (let i = 0; i < each; i++) {
            const wait = mine.send(i * 2 + from)
            if (wait !== undefined) wait.wait()
            if (i % 50 === 0) sleep(0.2).wait()
          }
        }),
      )
    }
    drop(tx)
    const receivers = [0, 1].map(seed => {
      const mine = rx.clone()
      return thread.spawn(
        move(() => {
          const got: number[] = []
          for (let i = seed; ; i++) {
            try {
              if (i % 4 === 0) {
                const { key, value } = select({ message: mine.recv(), late: sleep(0.1) }).wait()
                if (key === 'message') got.push(value)
              } else if (i % 4 === 1) {
                const value = mine.recv().try()
                if (value !== undefined) got.push(value)
              } else got.push(mine.recv().wait((i % 3) / 10))
            } catch (error) {
              if ((error as Error).name === 'ClosedError') return got
              if ((error as Error).name !== 'TimeoutError') throw error
            }
          }
        }),
      )
    })
    const own: number[] = []
    for (let i = 0; ; i++) {
      try {
        if (i % 2 === 0) own.push(await rx.recv().within((i % 3) / 4))
        else {
          const { key, value } = await select({ message: rx.recv(), late: sleep(0.2) })
          if (key === 'message') own.push(value)
        }
      } catch (error) {
        if (error instanceof ClosedError) break
        assert.ok(error instanceof TimeoutError, String(error))
      }
    }
    const got = [...own, ...(await receivers[0].join()), ...(await receivers[1].join())]
    assert.deepEqual(
      got.sort((a, b) => a - b),
      Array.from({ length: each * 2 }, (_, i) => i),
    )
  }
})

test('a receiver dropped while woken passes the wake-up on', limit, async () => {
  const [tx, rx] = mpmc.channel<number>()
  const other = rx.clone()
  const failed = assert.rejects(async () => await rx.recv(), { name: 'DroppedError' })
  const waiting = other.recv().then(n => n)
  await thread.yieldNow()
  // In the same turn the first waiter is woken and its handle is dropped.
  tx.send(1)
  drop(rx)
  await failed
  assert.equal(await waiting, 1)
})

test('ends can be moved through channels and shared in an Arc, and are dropped with their threads', limit, async () => {
  const [tx, rx] = mpmc.channel<number>()
  const [carry, carried] = mpmc.channel<SharedReceiver<number>>()
  carry.send(rx)
  assert.throws(() => rx.recv().try(), { name: 'MovedError' })
  const received = await carried.recv()
  const shared = new Arc(received)
  const sums = [0, 1, 2].map(() =>
    thread.spawn(
      move(() => {
        let sum = 0
        for (const n of shared) sum += n
        return sum
      }),
    ),
  )
  for (let n = 1; n <= 1000; n++) tx.send(n)
  drop(tx)
  let total = 0
  for (const handle of sums) total += await handle.join()
  assert.equal(total, 500_500)
})
