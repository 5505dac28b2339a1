/** Tests of Arc: shared by all owners, dropped by the last, and read-only if it holds plain data. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, AtomicI32, DroppedError, MovedError, Mutex, NotSendError, drop, move, mpsc, thread } from 'fearless'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }

test('owners are counted across threads', limit, async () => {
  const arc = new Arc({ n: 1 })
  assert.equal(Arc.strongCount(arc), 1)
  const second = Arc.clone(arc)
  assert.equal(Arc.strongCount(arc), 2)
  assert.equal(Arc.ptrEq(arc, second), true)
  assert.equal(Arc.ptrEq(arc, new Arc({ n: 1 })), false)
  assert.equal(await thread.spawn(move(() => Arc.strongCount(arc))).join(), 3)
  assert.equal(Arc.strongCount(arc), 2)
  end(second)
  end(second)
  assert.equal(Arc.strongCount(arc), 1)
  assert.throws(() => second.value, DroppedError)
  assert.deepEqual(arc.value, { n: 1 })
})

test('an Arc of a Mutex, an atomic or a Sender counts its owners', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  for (const thing of [new Arc(new Mutex(0)), new Arc(new AtomicI32(0)), new Arc(tx)]) {
    const arc = thing as Arc<Mutex<number>>
    assert.equal(Arc.strongCount(arc), 1)
    const other = Arc.clone(arc)
    assert.equal(Arc.strongCount(other), 2)
    assert.equal(await thread.spawn(move(() => Arc.strongCount(arc))).join(), 3)
    assert.equal(Arc.tryUnwrap(arc), undefined)
    drop(other)
    assert.equal(Arc.strongCount(arc), 1)
    drop(arc)
  }
  assert.throws(() => rx.recv().try(), { name: 'ClosedError' })
})

test('plain data is decoded once per thread and deeply frozen', limit, async () => {
  const arc = new Arc({ list: [1, { deep: [2] }], map: new Map([['a', 1]]), bytes: new Uint8Array([1]) })
  const { value } = arc
  assert.equal(arc.value, value)
  assert.deepEqual(value.list, [1, { deep: [2] }])
  assert.throws(() => ((value as { list: unknown }).list = []), TypeError)
  assert.throws(() => (value.list as unknown[]).push(1), TypeError)
  assert.throws(() => ((value.list[1] as { deep: number[] }).deep[0] = 3), TypeError)
  const inThread = thread.spawn(
    move(() => {
      if (arc.value !== arc.value || !Object.isFrozen(arc.value.list)) throw new Error('the data was decoded twice')
      return [arc.value.map.get('a'), arc.value.bytes[0]]
    }),
  )
  assert.deepEqual(await inThread.join(), [1, 1])
})

test('an Arc holds any plain value, also data nested deeper than the stack', limit, () => {
  for (const value of [0, -0, NaN, '', 'text', null, undefined, 10n, true])
    assert.ok(Object.is(new Arc(value).value, value))
  interface Node {
    next: Node | null
  }
  let list: Node = { next: null }
  for (let i = 0; i < 100_000; i++) list = { next: list }
  const arc = new Arc(list)
  assert.ok(Object.isFrozen(arc.value))
})

test('a value put into an Arc is moved only if it is accepted', limit, () => {
  const bytes = new Uint8Array(8)
  const arc = new Arc({ bytes })
  assert.throws(() => bytes.length, MovedError)
  assert.equal(arc.value.bytes.length, 8)
  const kept = new Uint8Array(8)
  assert.throws(() => new Arc({ kept, f: () => {} } as never), NotSendError)
  assert.equal(kept.length, 8)
})

test('each reader gets its own shareable handles from plain data', limit, async () => {
  const pair = new Arc({ m: new Mutex(1), hits: new AtomicI32(0) })
  assert.equal(pair.value.m.update(n => n + 1).wait(), 2)
  await thread
    .spawn(
      move(() => {
        pair.value.hits.fetchAdd(5)
        drop(pair.value.m.lock().wait())
      }),
    )
    .join()
  const { hits, m } = pair.value
  assert.equal(hits.load(), 5)
  assert.equal(Arc.strongCount(m as unknown as Arc<Mutex<number>>), 2)
  // The handles outlive the data.
  end(pair)
  assert.equal(m.update(n => n + 1).wait(), 3)
  assert.equal(Arc.strongCount(m as unknown as Arc<Mutex<number>>), 1)
  const [tx, rx] = mpsc.channel<number>()
  assert.throws(() => new Arc({ tx } as never), NotSendError)
  tx.send(1)
  assert.equal(rx.recv().try(), 1)
})

test('tryUnwrap returns the value only to its sole owner', limit, async () => {
  const arc = new Arc({ n: [1] })
  const second = Arc.clone(arc)
  assert.equal(Arc.tryUnwrap(arc), undefined)
  assert.deepEqual(second.value.n, [1])
  drop(second)
  const inner = Arc.tryUnwrap(arc)!
  inner.n.push(2)
  assert.deepEqual(inner, { n: [1, 2] })
  assert.throws(() => arc.value, DroppedError)

  const mutex = new Arc(new Mutex(5))
  const own = Arc.tryUnwrap(mutex)!
  // It is moved again when it crosses, as a Mutex is.
  assert.equal(await thread.spawn(move(() => own.lock().wait().value)).join(), 5)
  assert.throws(() => own.lock().wait(), MovedError)
})

test('the drop of the last owner in any thread drops the contents', limit, async () => {
  const m = new Arc(new Mutex(0))
  const [tx, rx] = mpsc.channel<number>()
  m.with(() => {}).wait()
  const holding = new Arc(new Mutex(tx))
  const t = thread.spawn(move(() => void holding.lock().wait()))
  drop(holding)
  await t.join()
  assert.throws(() => rx.recv().wait(), { name: 'ClosedError' })
})

test('Arc refuses a call without new', limit, () => {
  assert.throws(() => (Arc as unknown as (value: number) => unknown)(1), TypeError)
})

test('an Arc of an object that is already shared is dropped once by the garbage collector', limit, async () => {
  const kept = new AtomicI32(0)
  const forget = (): void => {
    for (let i = 0; i < 200; i++) void new Arc(Arc.clone(kept as never as Arc<AtomicI32>))
  }
  forget()
  const collect = (globalThis as { gc?: () => void }).gc!
  const collected = () => Arc.strongCount(kept as never as Arc<AtomicI32>) <= 1
  for (let round = 0; round < 200 && !collected(); round++) {
    collect()
    await thread.yieldNow()
  }
  // A second drop would have removed owners that belong to the clones.
  for (let round = 0; round < 5; round++) {
    collect()
    await thread.yieldNow()
  }
  assert.equal(Arc.strongCount(kept as never as Arc<AtomicI32>), 1)
  assert.equal(kept.fetchAdd(1), 0)
  const fresh = Array.from({ length: 300 }, (_, i) => new AtomicI32(i))
  assert.deepEqual(
    fresh.map(atomic => atomic.load()),
    fresh.map((_, i) => i),
  )
})

test('unwrapOrClone returns the data to its sole owner and a copy to any other', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const only = new Arc({ list: [1], jobs: new Mutex(tx) })
  const { list, jobs } = Arc.unwrapOrClone(only)
  list.push(2)
  jobs.lock().wait().value.send(3)
  assert.equal(await rx.recv(), 3)
  assert.throws(() => Arc.strongCount(only), DroppedError)

  const first = new Arc({ list: [1], hits: new AtomicI32(0) })
  const second = Arc.clone(first)
  const weak = Arc.downgrade(second)
  const copy = Arc.unwrapOrClone(first)
  copy.list.push(2)
  copy.hits.fetchAdd(1)
  assert.throws(() => first.value, DroppedError)
  assert.deepEqual([second.value.list, second.value.hits.load(), Arc.strongCount(second)], [[1], 1, 1])
  assert.deepEqual(Arc.unwrapOrClone(second).list, [1])
  assert.equal(weak.upgrade(), undefined)
})

test('owners that unwrap or clone at the same time each get data of their own', limit, async () => {
  for (let round = 0; round < 50; round++) {
    const arc = new Arc({ n: round })
    const other = Arc.clone(arc)
    const theirs = thread.spawn(move(() => Arc.unwrapOrClone(other).n))
    assert.equal(Arc.unwrapOrClone(arc).n, round)
    assert.equal(await theirs, round)
  }
})

test('unwrapOrClone refuses an Arc of a lock', limit, () => {
  const lock = new Arc(new Mutex(1))
  assert.throws(() => Arc.unwrapOrClone(lock as never), NotSendError)
  assert.equal(lock.lock().wait().value, 1)
})
