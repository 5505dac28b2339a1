/** Vecs that the program forgets within one job, where no finalizer can run: their memory is found before a vec is refused. */
import '../memory/small-heap.fixture.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, HeapFullError, drop, move, mpsc, parIter, thread, vec } from 'fearless'

const limit = { timeout: 60_000 }
const canCollect = process.versions['bun'] === undefined && !('Deno' in globalThis)
const onNode = { ...limit, skip: canCollect ? false : 'this runtime collects no garbage within a job' }

/** 400 MB in all, in a heap of 16 MB. */
function forgetMany(bytes: number): number {
  let sum = 0
  for (let i = 0; i < 400_000_000 / bytes; i++) {
    const numbers = vec.u8(bytes)
    numbers.set(i % bytes, 1)
    sum += numbers.get(i % bytes)!
  }
  return sum
}

// What one thread has forgotten, no other can find: threads first, while main has nothing.
for (const bytes of [4_000_000, 100_000, 8192]) {
  test(`vecs of ${bytes} bytes that a loop in a thread forgets are found`, onNode, async () => {
    assert.equal(await thread.spawn(move(() => forgetMany(bytes))), Math.ceil(400_000_000 / bytes))
  })
}

for (const bytes of [4_000_000, 100_000, 8192]) {
  test(`vecs of ${bytes} bytes that a loop forgets are found`, onNode, () => {
    assert.equal(forgetMany(bytes), Math.ceil(400_000_000 / bytes))
  })
}

test('frozen vecs that a loop of parallel sums forgets are found', onNode, async () => {
  for (let i = 0; i < 200; i++) {
    const numbers = vec.f64(100_000).freeze()
    assert.equal(await parIter(numbers).sum(), 0)
  }
})

test('vecs that are kept are refused in the end, and stay as they are', limit, () => {
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
  // A collection takes 10 ms and more: a refusal that has nothing new to collect does not pay it again.
  assert.ok(performance.now() - started < 5000, 'each refusal collects garbage')
  kept.forEach((numbers, i) => assert.equal(numbers.get(0), i))
  for (const numbers of kept) drop(numbers)
})

test('Arcs of large data that a loop forgets are found', onNode, () => {
  for (let i = 0; i < 200; i++) {
    const data = new Arc({ i, text: 'x'.repeat(1_000_000) })
    assert.equal(data.value.i, i)
  }
})

test('a message finds the room of vecs that the program has forgotten', onNode, () => {
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
