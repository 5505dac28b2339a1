/**
 * Tests of vecs that become garbage within one job, where no finalizer can run: their memory is reclaimed before an
 * allocation fails.
 */
import '../memory/small-heap.fixture.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, HeapFullError, drop, move, mpsc, parIter, thread, vec } from 'fearless'

const limit = { timeout: 60_000 }
const canCollect = process.versions['bun'] === undefined && !('Deno' in globalThis)
const onNode = { ...limit, skip: canCollect ? false : 'this runtime collects no garbage within a job' }

/** 400 MB in total, in a heap of 16 MB. */
function forgetMany(bytes: number): number {
  let sum = 0
  for (let i = 0; i < 400_000_000 / bytes; i++) {
    const numbers = vec.u8(bytes)
    numbers.set(i % bytes, 1)
    sum += numbers.get(i % bytes)!
  }
  return sum
}

// No other thread can reclaim the garbage of a thread. So the threads run first, while main has none.
for (const bytes of [4_000_000, 100_000, 8192]) {
  test(`vecs of ${bytes} bytes that a loop in a thread leaves as garbage are reclaimed`, onNode, async () => {
    assert.equal(await thread.spawn(move(() => forgetMany(bytes))), Math.ceil(400_000_000 / bytes))
  })
}

for (const bytes of [4_000_000, 100_000, 8192]) {
  test(`vecs of ${bytes} bytes that a loop leaves as garbage are reclaimed`, onNode, () => {
    assert.equal(forgetMany(bytes), Math.ceil(400_000_000 / bytes))
  })
}

test('frozen vecs that a loop of parallel sums leaves as garbage are reclaimed', onNode, async () => {
  for (let i = 0; i < 200; i++) {
    const numbers = vec.f64(100_000).freeze()
    assert.equal(await parIter(numbers).sum(), 0)
  }
})

test('allocation fails while all vecs are alive, and the vecs stay unchanged', limit, () => {
  const kept: ReturnType<typeof vec.i32>[] = []
  assert.throws(() => {
    for (;;) {
      const numbers = vec.i32(20_000)
      numbers.set(0, kept.length)
      kept.push(numbers)
    }
  }, HeapFullError)
  const started = performance.now()
  for (let i = 0; i < 1000; i++) assert.throws(() => vec.i32(20_000), HeapFullError)
  // A collection takes 10 ms or more, so a failed allocation without new garbage must not run another one.
  assert.ok(performance.now() - started < 5000, 'each failed allocation collects garbage')
  kept.forEach((numbers, i) => assert.equal(numbers.get(0), i))
  for (const numbers of kept) drop(numbers)
})

test('Arcs of large data that a loop leaves as garbage are reclaimed', onNode, () => {
  for (let i = 0; i < 200; i++) {
    const data = new Arc({ i, text: 'x'.repeat(1_000_000) })
    assert.equal(data.value.i, i)
  }
})

test('a message gets the memory of vecs that are garbage', onNode, () => {
  const [tx, rx] = mpsc.channel<string>()
  for (let i = 0; i < 100; i++) {
    vec.u8(3_000_000).set(i, 1)
    tx.send('x'.repeat(2_000_000))
    assert.equal(rx.recv().try()?.length, 2_000_000)
  }
  drop(tx)
  drop(rx)
})

test('the collector counts the bytes of vecs, large and small, until they are dropped', limit, async () => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc!()
    await new Promise(resolve => setImmediate(resolve))
  }
  const { external } = process.memoryUsage()
  const large = vec.u8(4_000_000)
  const small = Array.from({ length: 300 }, () => vec.u8(10_000))
  await Promise.resolve()
  assert.ok(
    process.memoryUsage().external - external >= 6_700_000,
    `${process.memoryUsage().external - external} bytes`,
  )
  drop(large)
  for (const numbers of small) drop(numbers)
  assert.ok(process.memoryUsage().external - external < 1_000_000, `${process.memoryUsage().external - external} bytes`)
})
