/**
 * Views that cross between threads by every kind of object: the receiver gets the named part of the buffer, and no
 * other view of the buffer changes unless the message covers the whole buffer. docs/differences.md has the table.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  ArrayQueue,
  ConcurrentMap,
  Mutex,
  OnceLock,
  RwLock,
  SegQueue,
  broadcast,
  clone,
  move,
  mpmc,
  mpsc,
  oneshot,
  thread,
  watch,
} from 'fearless'

const limit = { timeout: 120_000 }
type View = ArrayBufferView<ArrayBuffer>

/** Each kind of view of `bytes` bytes at `offset` of a buffer. */
const KINDS: Record<string, (buffer: ArrayBuffer, offset: number, bytes: number) => View> = {
  DataView: (buffer, offset, bytes) => new DataView(buffer, offset, bytes),
}
for (const name of [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
]) {
  const View = (globalThis as unknown as Record<string, typeof Uint8Array | undefined>)[name]
  if (View === undefined) continue
  KINDS[name] = (buffer, offset, bytes) => new View(buffer, offset, bytes / View.BYTES_PER_ELEMENT)
}

const BYTES = 64
/** The parts of a buffer of 64 bytes that a message names. */
const PARTS: Record<string, readonly (readonly [offset: number, bytes: number])[]> = {
  'all of it': [[0, 64]],
  'its head': [[0, 16]],
  'its middle': [[16, 24]],
  'its tail': [[40, 24]],
  'nothing of it': [[32, 0]],
  'two parts that overlap': [
    [8, 32],
    [24, 24],
  ],
  'two halves': [
    [0, 32],
    [32, 32],
  ],
  'one part twice': [
    [16, 16],
    [16, 16],
  ],
}

const covers = (parts: (typeof PARTS)[string]): boolean => {
  const all = new Set(parts.flatMap(([offset, bytes]) => Array.from({ length: bytes }, (_, i) => offset + i)))
  return all.size === BYTES
}

/** Every way for a value to cross. `pass` returns the value that has crossed. `keeps`: the sender keeps its value. */
const WAYS: Record<string, { readonly keeps?: boolean; readonly pass: (value: never) => unknown }> = {
  'an unbounded channel': {
    pass(value) {
      const [tx, rx] = mpsc.channel<unknown>()
      tx.send(value)
      return rx.recv()
    },
  },
  'a bounded channel': {
    async pass(value) {
      const [tx, rx] = mpsc.channel<unknown>(2)
      await tx.send(value)
      return rx.recv()
    },
  },
  'a rendezvous': {
    async pass(value) {
      const [tx, rx] = mpsc.channel<unknown>(0)
      const [, received] = await Promise.all([tx.send(value), rx.recv()])
      return received
    },
  },
  'a channel of many': {
    async pass(value) {
      const [tx, rx] = mpmc.channel<unknown>(2)
      await tx.send(value)
      return rx.recv()
    },
  },
  'a oneshot channel': {
    pass(value) {
      const [tx, rx] = oneshot.channel<unknown>()
      tx.send(value)
      return rx.recv()
    },
  },
  'a broadcast channel': {
    keeps: true,
    pass(value) {
      const [tx, rx] = broadcast.channel<unknown>(2)
      tx.send(value)
      return rx.recv()
    },
  },
  'a watch channel': { keeps: true, pass: value => watch.channel<unknown>(value)[1].borrow() },
  'a SegQueue': {
    pass(value) {
      const queue = new SegQueue<unknown>()
      queue.push(value)
      return queue.pop()
    },
  },
  'an ArrayQueue': {
    pass(value) {
      const queue = new ArrayQueue<unknown>(2)
      queue.push(value)
      return queue.pop()
    },
  },
  'an argument and a result of a thread': { pass: value => thread.spawn((given: unknown) => given as never, value) },
  'a Mutex': { pass: value => new Mutex<unknown>(value).intoInner() },
  'an assignment to a guard': {
    pass(value) {
      const m = new Mutex<unknown>(0 as never)
      {
        using guard = m.lock().try()
        guard!.value = value
      }
      return m.intoInner()
    },
  },
  'a RwLock': { pass: value => new RwLock<unknown>(value as never).intoInner() },
  'an Arc': { pass: value => new Arc<unknown>(value).value },
  'a OnceLock': {
    async pass(value) {
      const lock = new OnceLock<unknown>()
      await lock.set(value)
      return lock.get()
    },
  },
  'a ConcurrentMap': {
    async pass(value) {
      const map = new ConcurrentMap<string, unknown>()
      await map.set('key', value)
      return map.remove('key')
    },
  },
  'a copy by clone': {
    keeps: true,
    pass(value) {
      const [tx, rx] = mpsc.channel<unknown>()
      tx.send(clone(value) as never)
      return rx.recv()
    },
  },
}

const bytesOf = (view: View): number[] => [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)]
const pattern = Array.from({ length: BYTES }, (_, i) => (i * 37 + 11) & 0xff)

for (const [way, { keeps, pass }] of Object.entries(WAYS)) {
  test(`views of a part that cross by ${way} change no other view of the buffer`, limit, async () => {
    for (const [kind, make] of Object.entries(KINDS)) {
      for (const [name, parts] of Object.entries(PARTS)) {
        const buffer = new ArrayBuffer(BYTES)
        const sibling = new Uint8Array(buffer)
        const other = new DataView(buffer, 8)
        sibling.set(pattern)
        const named = parts.map(([offset, bytes]) => make(buffer, offset, bytes))
        const label = `${kind} of ${name}`
        const received = (await pass((named.length === 1 ? named[0] : named) as never)) as View | View[]
        const views = Array.isArray(received) ? received : [received]
        assert.deepEqual(
          views.map(view => [Object.prototype.toString.call(view), bytesOf(view)]),
          parts.map(([offset, bytes]) => [`[object ${kind}]`, pattern.slice(offset, offset + bytes)]),
          label,
        )
        // Views of one buffer stay views of one buffer.
        assert.equal(new Set(views.map(view => view.buffer)).size, 1, label)
        if (covers(parts) && keeps !== true) {
          assert.equal(sibling.byteLength, 0, `${label}: transferred`)
          continue
        }
        assert.deepEqual([...sibling], pattern, label)
        assert.equal(other.byteLength, BYTES - 8, label)
        assert.equal(other.getUint8(0), pattern[8], label)
        // Neither side sees the writes of the other one.
        if (Object.isFrozen(received) || way === 'a watch channel') continue
        sibling.fill(0)
        assert.deepEqual(bytesOf(views[0]!), pattern.slice(parts[0]![0], parts[0]![0] + parts[0]![1]), label)
      }
    }
  })

  test(`a Buffer that crosses by ${way} changes no other Buffer of the pool`, limit, async () => {
    for (const make of [
      () => Buffer.from('some text in the pool'),
      () => Buffer.from(pattern).subarray(8, 40),
      () => Buffer.alloc(40, 7),
      () => Buffer.from(new Uint8Array(pattern).buffer, 8, 16),
    ]) {
      const before = Buffer.from('a neighbour in the pool')
      const named = make()
      const { buffer } = named
      const whole = new Uint8Array(buffer)
      const all = [...whole]
      const expected = [...named]
      const received = (await pass(named as never)) as Buffer
      assert.ok(Buffer.isBuffer(received))
      assert.deepEqual([...received], expected)
      assert.notEqual(received.buffer, buffer)
      assert.equal(before.toString(), 'a neighbour in the pool')
      assert.deepEqual([...whole], all)
    }
  })
}

test('a view in the captures of a thread changes no other view of the buffer', limit, async () => {
  const buffer = new ArrayBuffer(BYTES)
  const sibling = new Uint8Array(buffer)
  sibling.set(pattern)
  const part = sibling.subarray(16, 32)
  const sum = await thread.spawn(
    move(() => {
      const before = part.reduce((a, b) => a + b, 0)
      part.fill(0)
      return before
    }),
  )
  assert.equal(
    sum,
    pattern.slice(16, 32).reduce((a, b) => a + b, 0),
  )
  assert.deepEqual([...sibling], pattern)
})
