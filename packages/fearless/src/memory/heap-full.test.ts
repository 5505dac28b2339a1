/** A full heap: the caller gets an error, a failed operation changes nothing, and freed memory can be used again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'

process.env.FEARLESS_HEAP_MB = '8'
const { Arc, AtomicI32, HeapFullError, Mutex, drop, mpsc } = await import('fearless')
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 30_000 }

test('a message larger than the heap is refused by unbounded, bounded and rendezvous channels', limit, async () => {
  const big = new Uint8Array(16 * 1048576)
  const [tx, rx] = mpsc.channel<Uint8Array>()
  assert.throws(() => tx.send(big), HeapFullError)
  const [bounded] = mpsc.channel<Uint8Array>(1)
  assert.throws(() => bounded.send(big).wait(), HeapFullError)
  const [rendezvous, receiving] = mpsc.channel<Uint8Array>(0)
  await assert.rejects(async () => rendezvous.send(big), HeapFullError)
  assert.equal(big.length, 16 * 1048576)
  assert.equal(receiving.recv().try(), undefined)
  tx.send(new Uint8Array(8))
  assert.equal(rx.recv().try()!.length, 8)
})

test('an object that cannot be allocated leaves no allocation behind and moves no value', limit, () => {
  const [tx, rx] = mpsc.channel<unknown>()
  const [inner, bytes] = [new Mutex(1), new Uint8Array(64)]
  const makers = [
    () => new Mutex(1),
    () => new Mutex('text'),
    () => new AtomicI32(1),
    () => new Arc({ a: 1 }),
    () => mpsc.channel<number>()[1],
  ]
  // A size class without a page gets none in a full heap, so each class must have one before.
  for (const make of makers) end(make())
  for (const length of [60_000, 30_000, 8000, 100]) {
    assert.throws(() => {
      for (;;) tx.send('x'.repeat(length) as never)
    }, HeapFullError)
  }
  const hoard: Disposable[] = []
  for (const make of makers) {
    assert.throws(() => {
      for (;;) hoard.push(make() as unknown as Disposable)
    }, HeapFullError)
  }
  assert.throws(() => new Mutex({ inner, bytes }), HeapFullError)
  assert.throws(() => new Arc({ bytes }), HeapFullError)
  assert.throws(() => tx.send({ inner, bytes } as never), HeapFullError)
  assert.equal(bytes.length, 64)
  inner.lock().wait()[Symbol.dispose]()
  const before = hoard.length
  for (const thing of hoard.splice(0)) thing[Symbol.dispose]()
  end(rx)
  // At least as many as before, because a failed operation keeps no allocation.
  for (const make of makers) {
    assert.throws(() => {
      for (;;) hoard.push(make() as unknown as Disposable)
    }, HeapFullError)
  }
  assert.ok(hoard.length >= before, `${hoard.length} of ${before}`)
  for (const thing of hoard) thing[Symbol.dispose]()
  const [tx2, rx2] = mpsc.channel<string>()
  tx2.send('x'.repeat(60_000))
  assert.equal(rx2.recv().try()!.length, 60_000)
})
