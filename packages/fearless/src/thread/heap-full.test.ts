/** Threads in a full heap: they wait, wake, finish and report errors. All operations work again once there is room. */
import '../memory/small-heap.fixture.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, AtomicI32, HeapFullError, Mutex, drop, move, mpsc, sleep, thread } from 'fearless'

const limit = { timeout: 120_000 }

/** Sends strings of decreasing size until even a short one fails. */
function fillHeap(tx: { send(text: string): void }): number {
  let sent = 0
  for (const length of [200_000, 30_000, 8000, 1000, 100, 10]) {
    assert.throws(() => {
      for (;;) {
        tx.send('x'.repeat(length))
        sent++
      }
    }, HeapFullError)
  }
  return sent
}

type Gate = Arc<Mutex<number>>

test('threads wait, wake, finish and report their errors while the heap is full', limit, async () => {
  const [tx, rx] = mpsc.channel<string>()
  const begun = new AtomicI32(0)
  const gates = Array.from({ length: 5 }, () => new Arc(new Mutex(1)))
  const [a, b, c, d, e] = gates as [Gate, Gate, Gate, Gate, Gate]
  const held = await Promise.all([a.lock(), b.lock(), c.lock(), d.lock(), e.lock()])
  const threads = [
    thread.spawn(
      move(() => {
        begun.fetchAdd(1)
        return a.with(n => n + 1).wait()
      }),
    ),
    thread.spawn(
      move(() => {
        begun.fetchAdd(1)
        throw new RangeError(`b is ${b.with(n => n).wait()}`)
      }),
    ),
    thread.spawn(
      move(async () => {
        begun.fetchAdd(1)
        const g = await c.lock()
        drop(g)
        return 'short'
      }),
    ),
    thread.spawn(
      move(async () => {
        begun.fetchAdd(1)
        const g = await d.lock()
        drop(g)
        throw new TypeError('d')
      }),
    ),
    thread.spawn(
      move(() => {
        begun.fetchAdd(1)
        return 'x'.repeat(500_000 + e.with(n => n).wait())
      }),
    ),
  ]
  while (begun.load() < threads.length) await sleep(1)
  fillHeap(tx)
  for (const guard of held) drop(guard)
  assert.equal(await threads[0]!, 2)
  await assert.rejects(threads[1]!, { name: 'RangeError', message: 'b is 1' })
  assert.equal(await threads[2]!, 'short')
  await assert.rejects(threads[3]!, { name: 'TypeError', message: 'd' })
  await assert.rejects(threads[4]!, HeapFullError)
  drop(tx)
  drop(rx)
  assert.equal(await thread.spawn(() => 'as new'), 'as new')
})

test('a sender that backs off from a full heap delivers every message', limit, async () => {
  for (const [length, count] of [
    [100_000, 500],
    [1000, 20_000],
    [10, 100_000],
  ] as const) {
    const [tx, rx] = mpsc.channel<string>()
    const sender = thread.spawn(
      move(async () => {
        let refused = 0
        for (let i = 0; i < count; i++) {
          const text = String(i).padEnd(length)
          for (;;) {
            try {
              tx.send(text)
              break
            } catch (error) {
              if (!(error instanceof HeapFullError)) throw error
              refused++
              await sleep(1)
            }
          }
        }
        return refused
      }),
    )
    // The receiver starts when the heap is full.
    while (!sender.isFinished() && rx.length < 60) await sleep(1)
    let received = 0
    for await (const text of rx) assert.equal(Number.parseInt(text), received++)
    assert.equal(received, count)
    await sender
  }
})

test(
  'a heap that was full of blocks of one size serves any other size afterwards, 100 times of 100',
  limit,
  async () => {
    for (let round = 0; round < 100; round++) {
      const [tx, rx] = mpsc.channel<string>()
      let sent = 0
      assert.throws(() => {
        for (;;) {
          tx.send('x'.repeat([100_000, 10, 3000, 40_000][round % 4]!))
          sent++
        }
      }, HeapFullError)
      if (round % 8 < 4) for (; sent > 0; sent--) assert.notEqual(rx.recv().try(), undefined)
      drop(tx)
      drop(rx)
      assert.equal(await thread.spawn(move(() => round)), round)
      assert.throws(() => new Arc({ text: 'x'.repeat(16 * 1048576) }), HeapFullError)
      drop(new Arc({ text: 'x'.repeat(2 * 1048576) }))
    }
  },
)
