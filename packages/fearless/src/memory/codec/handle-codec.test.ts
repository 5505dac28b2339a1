import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MovedError, NotSendError } from '../../errors.ts'
import {
  abandonMessage,
  commitMessage,
  decode,
  discardEncodedMessage,
  encode,
  hasHandles,
  registerClass,
  registerHandleCodec,
  scratchAddress,
} from './codec.ts'
import type { Mode } from './codec.ts'

const limit = { timeout: 20_000 }

/** The number of owners of each object: handles and messages. */
const owners = new Map<number, number>()
const change = (id: number, by: number) => owners.set(id, (owners.get(id) ?? 0) + by)
const total = () => [...owners.values()].reduce((a, b) => a + b, 0)

/** A handle that moves. */
class Pipe {
  id: number
  moved = false
  constructor(id: number) {
    this.id = id
  }
}
registerHandleCodec(900, Pipe, {
  prepare(pipe) {
    if (pipe.moved) throw new MovedError('This Pipe was moved. Clone it before it is sent.')
    return [pipe.id, 7]
  },
  give(pipe, mode) {
    if (mode === 'move') pipe.moved = true
    else change(pipe.id, 1)
  },
  undo() {},
  takeBack(pipe) {
    pipe.moved = false
  },
  read(id, seven) {
    assert.equal(seven, 7)
    return new Pipe(id)
  },
  own() {},
  drop: id => change(id, -1),
})

/** A handle that shares: each message is a further owner. */
class Shared {
  id: number
  constructor(id: number) {
    this.id = id
  }
}
registerHandleCodec(901, Shared, {
  prepare(shared) {
    change(shared.id, 1)
    return [shared.id, -1]
  },
  give() {},
  undo: (_, id) => void change(id, -1),
  takeBack: (_, id) => void change(id, -1),
  read: id => new Shared(id),
  peek(id) {
    change(id, 1)
    return new Shared(id)
  },
  own() {},
  drop: id => change(id, -1),
})

function send(value: unknown, mode: Mode = 'move'): unknown {
  const length = encode(value, mode)
  assert.ok(hasHandles(scratchAddress()))
  commitMessage()
  return decode(scratchAddress(), length)
}

test('handles keep their class, words and identity', limit, () => {
  const pipe = new Pipe(1)
  const copy = send({ a: pipe, b: [pipe, 1], c: 'x' }) as { a: Pipe; b: [Pipe] }
  assert.ok(copy.a instanceof Pipe && copy.a.id === 1)
  assert.equal(copy.b[0], copy.a)
  assert.ok(pipe.moved)
  assert.throws(() => encode([1, pipe], 'move'), MovedError)
  assert.ok(send(new Pipe(2)) instanceof Pipe)
})

test('a message without handles reports none', limit, () => {
  const length = encode({ a: [1, 'x'] }, 'move')
  assert.ok(!hasHandles(scratchAddress()))
  discardEncodedMessage(scratchAddress(), length)
  commitMessage()
})

test('a message that fails or is abandoned moves nothing', limit, () => {
  owners.clear()
  const pipe = new Pipe(1)
  const shared = new Shared(2)
  const bytes = new Uint8Array(8)
  assert.throws(() => encode([shared, pipe, shared, bytes, () => 1], 'move'), NotSendError)
  encode([shared, new Shared(3), pipe, bytes], 'move')
  assert.equal(total(), 2)
  abandonMessage()
  assert.equal(total(), 0)
  assert.ok(!pipe.moved)
  assert.equal(bytes.length, 8)
})

test('a message that was not committed is undone by the next one', limit, () => {
  owners.clear()
  encode(new Shared(2), 'move')
  encode('next', 'move')
  assert.equal(total(), 0)
  commitMessage()
})

test('discard drops every handle once', limit, () => {
  owners.clear()
  const long = 'x'.repeat(20_000)
  const value = { a: new Pipe(1), long, deep: [new Map([[new Shared(2), { b: new Pipe(3) }]])], c: new Shared(4) }
  const length = encode(value, 'move')
  commitMessage()
  discardEncodedMessage(scratchAddress(), length)
  assert.deepEqual([...owners].sort(), [
    [1, -1],
    [2, 0],
    [3, -1],
    [4, 0],
  ])
})

test('handles below the depth of deferred bodies keep their identity', limit, () => {
  owners.clear()
  const shared = new Shared(5)
  let value: unknown = [shared]
  for (let i = 0; i < 300; i++) value = [value, shared]
  let copy = send(value) as [unknown, Shared]
  const first = copy[1]
  for (let i = 0; i < 300; i++) copy = copy[0] as [unknown, Shared]
  assert.equal(copy[0], first)
  assert.equal(total(), 1)
})

test('handles that a failed decode did not reach are dropped', limit, () => {
  owners.clear()
  class Broken {
    broken = true
  }
  registerClass('Broken', Broken, {
    write: () => [new Pipe(3)],
    read: () => {
      throw new Error('broken')
    },
  })
  const length = encode([new Pipe(1), new Broken(), new Pipe(2), new Pipe(4)], 'move')
  commitMessage()
  assert.throws(() => decode(scratchAddress(), length), /broken/)
  assert.deepEqual([...owners].sort(), [
    [2, -1],
    [4, -1],
  ])
})

test('an inner encoding moves only its own handles', limit, () => {
  const inner = new Pipe(1)
  const outer = new Pipe(2)
  encode(
    [
      outer,
      new Proxy(
        { x: 1 },
        {
          get() {
            encode(inner, 'move')
            commitMessage()
            return 1
          },
        },
      ),
      () => {},
    ].slice(0, 2),
    'move',
  )
  assert.ok(inner.moved)
  assert.ok(!outer.moved)
  commitMessage()
  assert.ok(outer.moved)
})
