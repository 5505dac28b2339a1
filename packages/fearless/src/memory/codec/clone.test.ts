import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  CloneError,
  MovedError,
  Mutex,
  NotSendError,
  clone,
  drop,
  move,
  mpsc,
  oneshot,
  thread,
  vec,
} from 'fearless'

const limit = { timeout: 20_000 }

function cross<T>(value: T): T {
  const [tx, rx] = mpsc.channel<unknown>()
  tx.send(value as never)
  return rx.recv().try() as T
}

test('the original of a copy stays unchanged', limit, () => {
  const config = { n: 1, list: [1, 2], bytes: new Uint8Array([1, 2]), map: new Map([['a', { n: 1 }]]) }
  const before = structuredClone(config)
  assert.deepEqual(cross(clone(config)), before)
  assert.deepEqual(cross([clone(config), { deep: clone(config) }]), [before, { deep: before }])
  config.list.push(3)
  config.bytes[0] = 9
  assert.deepEqual([config.list, config.bytes], [[1, 2, 3], new Uint8Array([9, 2])])
})

test('a value beside a copy is moved', limit, () => {
  const moved = new Uint8Array([1])
  const kept = new Uint8Array([2])
  cross({ moved, kept: clone(kept) })
  assert.throws(() => moved.length, MovedError)
  assert.equal(kept.length, 1)
})

test('a part that is inside a copy and beside it arrives twice', limit, () => {
  const part = { n: 1 }
  const self: { part: typeof part; self?: unknown } = { part }
  self.self = self
  const { first, second, again } = cross({ first: part, second: clone(self), again: part })
  assert.equal(first, again)
  assert.notEqual(second.part, first)
  assert.equal(second.self, second)
  assert.deepEqual(second.part, first)
})

test('an object that is copied and then moved in one message detaches its buffer', limit, () => {
  const bytes = new Uint8Array([1, 2, 3])
  assert.deepEqual(cross([clone(bytes), bytes]), [new Uint8Array([1, 2, 3]), new Uint8Array([1, 2, 3])])
  assert.throws(() => bytes.length, MovedError)
})

test('a copy deeper than the stack arrives beside a moved value', limit, () => {
  const deep = (depth: number): unknown => {
    let value: unknown = { bytes: new Uint8Array([1]) }
    for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { value, bytes: new Uint8Array([2]) }
    return value
  }
  const down = (value: unknown): Uint8Array => {
    for (;;) {
      if (Array.isArray(value)) value = (value as unknown[])[0]
      else if ((value as { value?: unknown }).value !== undefined) value = (value as { value: unknown }).value
      else return (value as { bytes: Uint8Array }).bytes
    }
  }
  const [kept, moved] = [deep(5000), deep(5000)]
  const [a, b] = cross([clone(kept), moved]) as [unknown, unknown]
  assert.deepEqual([down(a), down(b)], [new Uint8Array([1]), new Uint8Array([1])])
  assert.equal(down(kept).length, 1)
  assert.throws(() => down(moved), MovedError)
})

test('many objects in and around several copies keep their identities', limit, () => {
  const shared = Array.from({ length: 20 }, (_, n) => ({ n }))
  const around = [...shared, clone([...shared, ...shared]), ...shared, clone(shared), ...shared] as unknown[]
  const got = cross(around)
  const [inner, second] = [got[20], got[41]] as [unknown[], unknown[]]
  for (let i = 0; i < 20; i++) {
    assert.equal(got[i], got[21 + i])
    assert.equal(got[i], got[42 + i])
    assert.equal(inner[i], inner[20 + i])
    assert.notEqual(inner[i], got[i])
    assert.notEqual(inner[i], second[i])
    assert.deepEqual([got[i], inner[i], second[i]], [{ n: i }, { n: i }, { n: i }])
  }
})

test('clone returns primitives and marks as they are', limit, () => {
  for (const value of [1, 'a', true, null, undefined, 1n]) assert.equal(clone(value), value)
  const mark = clone({})
  assert.equal(clone(mark), mark)
})

test('a mark used outside of a move throws CloneError', limit, () => {
  const mark = clone({ n: 1 }) as Record<string, unknown>
  const uses: Record<string, () => unknown> = {
    read: () => mark.n,
    write: () => (mark.n = 1),
    has: () => 'n' in mark,
    keys: () => Object.keys(mark),
    spread: () => ({ ...mark }),
    json: () => JSON.stringify(mark),
    delete: () => delete mark.n,
    define: () => Object.defineProperty(mark, 'n', { value: 1 }),
    text: () => String(mark as unknown),
    freeze: () => Object.freeze(mark),
    iterate: () => [...(mark as unknown as Iterable<unknown>)],
  }
  const refused = { name: 'CloneError', code: 'FL0017', message: /structuredClone\(value\)/ }
  for (const [name, use] of Object.entries(uses)) assert.throws(use, refused, name)
  assert.throws(uses.read, CloneError)
})

test('a copy adds an owner to a shared handle and refuses a handle with one owner', limit, async () => {
  const hits = new Arc(new AtomicI32(0))
  await thread.spawn(({ hits }) => void hits.fetchAdd(1), clone({ hits })).join()
  hits.fetchAdd(1)
  assert.equal(hits.load(), 2)
  const [tx, rx] = mpsc.channel<unknown>()
  const numbers = vec.i32(1)
  assert.throws(() => tx.send(clone({ numbers }) as never), { name: 'NotSendError', message: /numbers|shared/ })
  assert.throws(() => tx.send(clone(rx) as never), NotSendError)
  assert.equal(numbers.length, 1)
  drop(numbers)
})

test('an Arc of a copied Arc adds an owner', limit, () => {
  const counter = new Arc(new Mutex(1))
  const other = new Arc(clone(counter))
  assert.equal(Arc.strongCount(counter), 2)
  assert.equal(Arc.ptrEq(counter, other as never), true)
  drop(other)
  assert.equal(Arc.strongCount(counter), 1)
})

test('every operation that moves accepts a copy', limit, async () => {
  const config = { list: [1] }
  const [tx, rx] = mpsc.channel<{ config: typeof config }>()
  tx.send({ config: clone(config) })
  tx.send(clone({ config }))
  assert.deepEqual([await rx.recv(), await rx.recv()], [{ config }, { config }])
  const [one, other] = oneshot.channel<typeof config>()
  one.send(clone(config))
  assert.deepEqual(await other.recv(), config)
  assert.deepEqual(await new Mutex(clone(config)).with(c => c.list[0]), 1)
  assert.deepEqual(new Arc(clone(config)).value, config)
  const copied = clone(config)
  assert.deepEqual(await thread.spawn(move(() => copied.list)).join(), [1])
  assert.deepEqual(await thread.spawn(c => c.list, clone(config)).join(), [1])
  config.list.push(2)
  assert.deepEqual(config, { list: [1, 2] })
})
