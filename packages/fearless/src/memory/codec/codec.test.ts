import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import vm from 'node:vm'
import { MovedError, NotSendError } from '../../errors.ts'
import * as errors from '../../errors.ts'
import {
  abandonMessage,
  canSend,
  commitMessage,
  decode,
  encode,
  registerClass,
  reportable,
  scratchAddress,
} from './codec.ts'
import type { Mode } from './codec.ts'
import { allocate, free, u8 } from '../heap.ts'

const limit = { timeout: 20_000 }

/** Copies the bytes to another allocation and decodes them there, as a channel does. */
function through<T>(value: T, mode: Mode = 'copy'): T {
  const length = encode(value, mode)
  assert.equal(length % 8, 0)
  const block = allocate(length)
  u8.copyWithin(block, scratchAddress(), scratchAddress() + length)
  commitMessage()
  try {
    return decode(block, length) as T
  } finally {
    free(block)
  }
}

const same = (value: unknown): void => assert.deepStrictEqual(through(value), structuredClone(value))

/** An object whose getters look like data properties, as those of a proxy do, so that reading them runs code. */
function computed<T extends object>(object: T): T {
  return new Proxy(object, {
    getOwnPropertyDescriptor(of, key) {
      const found = Reflect.getOwnPropertyDescriptor(of, key)
      return found && { value: undefined, writable: true, enumerable: found.enumerable === true, configurable: true }
    },
  })
}

/** Asserts that `value` is refused with this message. */
function refused(value: unknown, words: string): void {
  assert.throws(
    () => encode(value, 'move'),
    (error: unknown) => {
      assert.ok(error instanceof NotSendError)
      assert.equal(error.code, 'FL2002')
      assert.equal(error.message, words)
      return true
    },
  )
}

describe('primitives', limit, () => {
  test('primitives of all types arrive unchanged', () => {
    const numbers = [
      0,
      -0,
      1,
      -1,
      1.5,
      NaN,
      Infinity,
      -Infinity,
      2 ** 31 - 1,
      2 ** 31,
      -(2 ** 31),
      -(2 ** 31) - 1,
      2 ** 53,
      5e-324,
    ]
    for (const value of [undefined, null, true, false, ...numbers]) assert.ok(Object.is(through(value), value))
    for (const bits of [1n, 8n, 63n, 64n, 65n, 200n, 5000n]) {
      for (const value of [2n ** bits, -(2n ** bits), 2n ** bits - 1n, -(2n ** bits) - 1n])
        assert.equal(through(value), value)
    }
    assert.equal(through(0n), 0n)
  })

  test('strings of every length arrive unchanged, narrow and wide', () => {
    for (let length = 0; length <= 300; length++) {
      for (const unit of ['a', '\u00ff', '\u0100', '\u20ac', '\ud800', '\u{1f600}']) {
        const text = unit.repeat(length).slice(0, length)
        assert.equal(through(text), text)
        assert.equal(through(`${'x'.repeat(length)}${unit}`), `${'x'.repeat(length)}${unit}`)
      }
    }
  })

  test('huge strings and ropes arrive unchanged', () => {
    const narrow = 'abcdefgh'.repeat(1 << 20)
    assert.equal(through(narrow), narrow)
    const wide = `${narrow}\u20ac\udfff`
    assert.equal(through({ wide }).wide, wide)
    let rope = ''
    for (let i = 0; i < 1000; i++) rope += i
    assert.equal(through(rope), rope)
  })
})

describe('objects', limit, () => {
  test('plain objects arrive equal before and after their shape is learnt', () => {
    for (let i = 0; i < 10; i++) {
      same({})
      same({ id: i, name: 'abcdefgh', x: 1.5, ok: true })
      same({ id: i, at: { x: 1, y: { z: [1] } }, name: undefined })
      same({ name: 'before', id: i })
    }
  })

  test('keys that are not identifiers arrive unchanged', () => {
    for (let i = 0; i < 4; i++) {
      same({ 'a b': 1, '': 2, 'it\'s "': 3, '\u2028': 4, '\ud800': 5, 7: 6, '-1': 7, constructor: 8, toString: 9 })
      const tricky = through(JSON.parse('{"a":1,"__proto__":{"b":2}}') as Record<string, unknown>)
      assert.deepEqual(Object.keys(tricky), ['a', '__proto__'])
      assert.equal(Object.getPrototypeOf(tricky), Object.prototype)
    }
  })

  test('dictionaries and objects with many keys arrive equal', () => {
    const keys = Array.from({ length: 1000 }, (_, i) => [`key ${i}`, i] as const)
    for (let i = 0; i < 3; i++) same(Object.fromEntries(keys))
    for (let i = 0; i < 100; i++) same({ [`only ${i}`]: i, [`${i * 7}`]: 1, b: {} })
  })

  test('an object with a null prototype or non-enumerable keys arrives plain', () => {
    const value = Object.defineProperty({ a: 1 }, 'hidden', { value: 3, enumerable: false })
    same(Object.defineProperty(value, Symbol('mine'), { value: 3, enumerable: false }))
    same(Object.assign(Object.create(null), { a: 1 }))
    assert.equal(Object.getPrototypeOf(through(Object.create(null))), Object.prototype)
  })

  test('getters, setters and enumerable symbol keys are refused', () => {
    const wayOut = 'Send its value: `{ ...object }` calls it.'
    refused(
      {
        a: [
          {
            get total() {
              return 1
            },
          },
        ],
      },
      `.a[0].total: A getter cannot be sent between threads. ${wayOut}`,
    )
    refused({ set total(_: number) {} }, `.total: A setter cannot be sent between threads. ${wayOut}`)
    refused(
      { a: { [Symbol('id')]: 1 } },
      '.a: A property with the key Symbol(id) cannot be sent between threads. Give it a key that is a string.',
    )
  })

  test('instances of a class are sent as data only if the class has no methods', () => {
    class Job {
      id = 1
    }
    class Late extends Job {
      after = 5
    }
    class Secret {
      readonly a = 1
      #b = 2
      static b(secret: Secret): number {
        return secret.#b
      }
    }
    assert.deepStrictEqual(through([new Job(), new Late()]), [{ id: 1 }, { id: 1, after: 5 }])
    class Counted extends Job {
      get next() {
        return this.id + 1
      }
    }
    for (const value of [new Counted(), new Secret()]) {
      assert.throws(() => encode(value, 'copy'), /Register its class with `sendable/)
    }
  })

  test('properties of Object.prototype are not sent', () => {
    const prototype = Object.prototype as { polluted?: number }
    through({ a: 1, polluted: 2 })
    through({ a: 1, polluted: 2 })
    prototype.polluted = 1
    try {
      assert.deepEqual(Object.keys(through({ a: 1 })), ['a'])
    } finally {
      delete prototype.polluted
    }
  })

  test('each property is read once, also if a proxy computes it', () => {
    let reads = 0
    const value = computed({
      a: 1,
      get b() {
        return ++reads
      },
      c: 3,
    })
    for (let i = 1; i < 5; i++) assert.deepEqual(through(value), { a: 1, b: i, c: 3 })
    const array = [1, 2, 3]
    Object.defineProperty(array, 1, { get: () => ++reads, enumerable: true })
    assert.deepEqual(through(array), [1, 5, 3])
    assert.equal(reads, 5)
  })

  test('a computed property that changes its object while it is written is allowed', () => {
    const value = computed({
      get a() {
        delete (this as { b?: number }).b
        return 1
      },
      b: 2,
      c: 3,
    })
    assert.deepEqual(through(value), { a: 1, c: 3 })
    const map = new Map<number, unknown>()
    map.set(
      1,
      computed({
        get a() {
          map.set(map.size + 1, this)
          return 1
        },
      }),
    )
    assert.equal(through(map).size, 1)
  })

  test('identities and cycles are preserved', () => {
    const shared = { s: 1 }
    const value: Record<string, unknown> = { a: shared, b: [shared, shared], m: new Map([[shared, shared]]) }
    value.self = value
    for (let i = 0; i < 4; i++) {
      const copy = through(value) as { a: object; b: object[]; m: Map<object, object>; self: object }
      assert.equal(copy.self, copy)
      assert.equal(copy.b[0], copy.a)
      assert.equal(copy.b[1], copy.a)
      assert.equal(copy.m.get(copy.a), copy.a)
      assert.notEqual(copy.a, shared)
    }
    const many = Array.from({ length: 100 }, (_, i) => ({ i }))
    const twice = through([many, many.slice().reverse()])
    for (let i = 0; i < 100; i++) assert.equal(twice[0][i], twice[1][99 - i])
  })

  test('objects nested a hundred thousand levels deep arrive', () => {
    let objects: { next?: object } = {}
    let arrays: unknown[] = []
    let maps = new Map<string, unknown>()
    for (let i = 0; i < 1e5; i++) {
      objects = { next: objects }
      arrays = [arrays]
      maps = new Map([['next', maps]])
    }
    const depth = (value: unknown, next: (value: never) => unknown): number => {
      let count = 0
      for (let at: unknown = value; (at = next(at as never)) !== undefined;) count++
      return count
    }
    assert.equal(
      depth(through(objects), (at: { next?: object }) => at.next),
      1e5,
    )
    assert.equal(
      depth(through(arrays), (at: unknown[]) => at[0]),
      1e5,
    )
    assert.equal(
      depth(through(maps), (at: Map<string, unknown>) => at.get('next')),
      1e5,
    )
  })

  test('identities are preserved across the depth at which bodies are deferred', () => {
    const leaf = { leaf: true }
    let value: unknown = [leaf, new Set([leaf]), new Date(1), new Error('deep', { cause: leaf })]
    for (let i = 0; i < 250; i++) value = { i, value, leaf }
    let at = through(value) as { value: never; leaf: object }
    const first = at.leaf
    for (let i = 0; i < 249; i++) {
      at = at.value
      assert.equal(at.leaf, first)
    }
    const end = at.value as [object, Set<object>, Date, Error]
    assert.equal(end[0], first)
    assert.ok(end[1].has(first))
    assert.equal(end[2].getTime(), 1)
    assert.equal(end[3].cause, first)
  })
})

describe('arrays', limit, () => {
  test('arrays of numbers arrive equal, packed or mixed', () => {
    for (const value of [
      [],
      [1],
      [1, 2, 3],
      [1.5],
      [1, 2.5, 3],
      [-0],
      [0, -0],
      [NaN],
      [1, 'a'],
      [1.5, {}, 2],
      ['a', 1],
      [[1], [2.5]],
    ])
      same(value)
    for (const length of [31, 1000, 5001]) {
      same(Array.from({ length }, (_, i) => i))
      same(Array.from({ length }, (_, i) => i + 0.5))
      same(Array.from({ length }, (_, i) => (i % 7 ? i : `${i}`)))
    }
  })

  test('holes in arrays are preserved', () => {
    // oxlint-disable-next-line no-sparse-arrays
    for (const value of [[,], [1, , 2], [, 1.5], [1, undefined, , null], new Array(5), new Array(1e9)]) same(value)
    const sparse: unknown[] = []
    sparse[3] = 'a'
    sparse[1e6] = { b: 1 }
    sparse[4e9] = 'c'
    const copy = through(sparse)
    assert.equal(copy.length, sparse.length)
    assert.deepEqual(Object.entries(copy), Object.entries(sparse))
  })

  test('named properties of arrays are preserved', () => {
    same(Object.assign([1, 2], { a: 1, '-1': 2, '01': 3 }))
    same(
      Object.assign(
        Array.from({ length: 300 }, (_, i) => i),
        { rows: { x: 1 } },
      ),
    )
    same(/(a)(?<n>b)/.exec('cab'))
  })
})

describe('built-in classes', limit, () => {
  test('Date, RegExp, boxed primitives, Map and Set arrive equal', () => {
    assert.ok(Number.isNaN(through(new Date(NaN)).getTime()))
    for (const value of [new Date(0), /a\/b/giu, /(?:)/, Object(1), Object('\u20ac'), Object(false), Object(2n)])
      same(value)
    same(
      new Map<unknown, unknown>([
        [1, { a: 1 }],
        [{}, []],
        [NaN, new Map()],
      ]),
    )
    same(new Set<unknown>([1, 'a', {}, new Set([1])]))
    const regexp = /a/g
    regexp.lastIndex = 3
    assert.equal(through(regexp).lastIndex, 0)
  })

  test('an error keeps its class, name, message, stack, cause and own properties', () => {
    for (const Class of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      const error = Object.assign(new Class('no', { cause: { why: 1 } }), { code: 'ENO', more: [1] })
      const copy = through(error)
      assert.equal(Object.getPrototypeOf(copy), Class.prototype)
      assert.deepStrictEqual(Object.getOwnPropertyNames(copy).sort(), Object.getOwnPropertyNames(error).sort())
      assert.deepStrictEqual(copy, error)
      assert.equal(copy.stack, error.stack)
      assert.deepEqual(Object.keys(copy), ['code', 'more'])
    }
    const many = through(new AggregateError([new TypeError('a'), 1], 'both'))
    assert.ok(many instanceof AggregateError && many.errors[0] instanceof TypeError && many.errors[1] === 1)
    assert.ok(!Object.hasOwn(through(new Error()), 'message'))
    const loop = new Error('loop')
    loop.cause = loop
    const copy = through(loop)
    assert.equal(copy.cause, copy)
  })

  test("the library's own errors keep their class and fields", () => {
    const full = through(new errors.FullError('full. Wait.', { v: 1 }))
    assert.ok(full instanceof errors.FullError && full.code === 'FL0004' && (full.value as { v: number }).v === 1)
    const panic = through(new errors.PanicError('p. q.', { payload: 5 }))
    assert.ok(panic instanceof errors.PanicError && panic.payload === 5)
  })

  test('an error of an unknown class arrives as the nearest known one, with its name', () => {
    class ParseError extends SyntaxError {
      override name = 'ParseError'
      line = 3
    }
    const copy = through(new ParseError('bad'))
    assert.equal(Object.getPrototypeOf(copy), SyntaxError.prototype)
    assert.equal(`${copy}`, 'ParseError: bad')
    assert.equal(copy.line, 3)
    class Named extends Error {
      override get name() {
        return 'Named'
      }
    }
    assert.equal(`${through(new Named('x'))}`, 'Named: x')
    class HttpError extends TypeError {
      status = 503
      get mayRetry() {
        return this.status > 499
      }
    }
    const failed = through(new HttpError('x')) as HttpError
    assert.deepEqual([failed.mayRetry, failed.status, Object.keys(failed)], [true, 503, ['status']])
  })

  test('reportable returns a value that can be sent for every thrown value', () => {
    class HttpError extends TypeError {
      override name = 'HttpError'
      status = 500
      request = { send() {} }
      get mayRetry() {
        return true
      }
      get socket() {
        return () => {}
      }
    }
    const error = new HttpError('no', { cause: Object.assign(new Error('inner'), { f: () => 1, code: 'EIN' }) })
    assert.ok(!canSend(error))
    const copy = through(reportable(error)) as HttpError & { cause: Error & { code: string } }
    assert.equal(Object.getPrototypeOf(copy), TypeError.prototype)
    assert.ok(copy.name === 'HttpError' && copy.status === 500 && !Object.hasOwn(copy, 'request'))
    assert.deepEqual([copy.mayRetry, copy.socket], [true, undefined])
    assert.equal(copy.stack, error.stack)
    assert.ok(copy.cause.message === 'inner' && copy.cause.code === 'EIN' && !Object.hasOwn(copy.cause, 'f'))
    const loop = Object.assign(new Error('loop'), { f: () => 1 })
    loop.cause = loop
    assert.equal((through(reportable(loop)) as Error).message, 'loop')
    assert.equal(through(reportable(Symbol('x'))), 'Symbol(x)')
    const fine = new Error('fine')
    assert.equal(reportable(fine), fine)
  })

  test('a DOMException keeps its name, message and code', () => {
    const copy = through(new DOMException('stop', 'AbortError'))
    assert.ok(copy instanceof DOMException && copy.name === 'AbortError' && copy.message === 'stop' && copy.code === 20)
  })

  test('objects of another realm arrive with the prototypes of this one', () => {
    const value = vm.runInNewContext(
      `({ o: { a: [1, 'x'] }, m: new Map([[1, new Set([2])]]), d: new Date(3), r: /a/g, e: new TypeError('no'), u: new Uint8Array([1, 2]) })`,
    ) as Record<string, unknown>
    const copy = through(value)
    assert.equal(Object.getPrototypeOf(copy), Object.prototype)
    assert.ok(
      copy.m instanceof Map &&
        copy.d instanceof Date &&
        copy.r instanceof RegExp &&
        copy.e instanceof TypeError &&
        copy.u instanceof Uint8Array,
    )
    assert.deepStrictEqual(copy.o, { a: [1, 'x'] })
    assert.deepStrictEqual(copy.m, new Map([[1, new Set([2])]]))
  })

  test('a proxy of an object or array is sent, and a proxy of a Map is refused', () => {
    assert.deepStrictEqual(through(new Proxy({ a: 1 }, {})), { a: 1 })
    assert.deepStrictEqual(through(new Proxy([1, 2], {})), [1, 2])
    refused(
      new Proxy(new Map(), {}),
      'An object that only looks like a Map cannot be sent between threads. Send a real Map.',
    )
  })
})

describe('buffers', limit, () => {
  test('every typed array arrives equal, whole and in part', () => {
    const classes = [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
      (globalThis as { Float16Array?: unknown }).Float16Array,
    ] as (Uint8ArrayConstructor | undefined)[]
    for (const Class of classes) {
      if (Class === undefined) continue
      const bytes = Uint8Array.from({ length: 64 }, (_, i) => i)
      same(new Class(bytes.buffer))
      const part = through(new Class(bytes.buffer, 16, 2))
      assert.equal(part.byteOffset, 16)
      assert.equal(part.length, 2)
      assert.equal(part.buffer.byteLength, 64)
      same(new Class(0))
    }
    const view = through(new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2))
    assert.deepEqual([view.byteOffset, view.byteLength, view.getUint8(0)], [1, 2, 2])
    same(new Uint8Array(1e6).fill(7))
  })

  test('views of one buffer arrive as views of one buffer', () => {
    const buffer = new ArrayBuffer(16)
    for (const value of [
      [new Uint8Array(buffer), new Int32Array(buffer, 4, 2), buffer],
      [buffer, new Uint8Array(buffer)],
      [new Int32Array(buffer, 4, 2), new Uint8Array(buffer), new Uint8Array(buffer)],
    ]) {
      const copy = through(value)
      const buffers = copy.map(one => (one instanceof ArrayBuffer ? one : one.buffer))
      assert.equal(new Set(buffers).size, 1)
      assert.equal(buffers[0].byteLength, 16)
    }
  })

  test('resizable buffers and views that follow their length stay resizable', () => {
    for (const bytes of [8, 16]) {
      const buffer = new ArrayBuffer(bytes, { maxByteLength: 16 })
      const all = new Uint8Array(buffer)
      all.set([1, 2, 3, 4, 5, 6, 7, 8])
      const value = {
        follows: new Uint8Array(buffer, 4),
        fixed: new Uint8Array(buffer, 0, bytes),
        view: new DataView(buffer),
        wide: new Float64Array(buffer, 0, 1),
      }
      const copy = through(value)
      assert.deepStrictEqual([...copy.follows], [...value.follows])
      assert.deepStrictEqual([...all.subarray(0, 8)], [1, 2, 3, 4, 5, 6, 7, 8])
      const arrived = copy.fixed.buffer as ArrayBuffer
      assert.equal(arrived.maxByteLength, 16)
      arrived.resize(12)
      assert.equal(copy.follows.length, 8)
      assert.equal(copy.view.byteLength, 12)
      assert.equal(copy.fixed.length, bytes === 8 ? 8 : 0)
      assert.equal(copy.wide.length, 1)
      buffer.resize(2)
      refused([value.fixed], '[0]: A view outside its shrunk buffer cannot be sent between threads. Make a new view.')
    }
  })

  test('a move detaches a buffer, unless it is a pool', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    assert.deepEqual([...through(bytes, 'copy')], [1, 2, 3])
    assert.equal(bytes.length, 3)
    const { buffer } = bytes
    assert.deepEqual([...through({ bytes, buffer }, 'move').bytes], [1, 2, 3])
    assert.equal(bytes.length, 0)
    assert.throws(
      () => encode({ a: [bytes] }, 'copy'),
      (error: Error) => error instanceof MovedError && error.message.startsWith('.a[0]: '),
    )
    const pooled = Buffer.from('abc')
    assert.deepEqual(through(pooled, 'move'), pooled)
    assert.ok(Buffer.isBuffer(through(pooled, 'move')))
    const memory = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer)
    assert.equal(through(memory, 'move').length, memory.length)
  })

  test('a failed or abandoned message detaches no buffer', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    assert.throws(() => encode([bytes, () => 1], 'move'), NotSendError)
    assert.equal(bytes.length, 3)
    encode(bytes, 'move')
    abandonMessage()
    assert.equal(bytes.length, 3)
  })
})

/** Instances of the classes of the global object, by name. */
function instancesOfGlobals(): Map<string, object> {
  const made = new Map<string, object>()
  const inits: unknown[][] = [
    [],
    ['x'],
    ['http://localhost/'],
    [{}],
    [() => {}],
    [[]],
    [{ close() {} }],
    [8],
    [new ArrayBuffer(8)],
  ]
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    // Each of these would wait or print a warning.
    if (
      /^(?:WebSocket|EventSource|Worker|SharedWorker|BroadcastChannel|MessageChannel|PerformanceObserver|Storage|localStorage|sessionStorage|navigator|crypto)$/.test(
        name,
      )
    )
      continue
    const constructor: unknown = Reflect.get(globalThis, name)
    if (typeof constructor !== 'function' || !/^[A-Z]/.test(name)) continue
    for (const args of inits) {
      try {
        const value: unknown = Reflect.construct(constructor, args)
        if (typeof value === 'object' && value !== null) made.set(name, value)
      } catch {
        continue
      }
      break
    }
  }
  return made
}

describe('refusals', limit, () => {
  test('the refusal of a platform object does not propose to register its class', async () => {
    const instances = instancesOfGlobals()
    const { DatabaseSync } = await import('node:sqlite')
    const { EventEmitter } = await import('node:events')
    const { Socket } = await import('node:net')
    const { open } = await import('node:fs/promises')
    const file = await open(process.execPath)
    instances.set('DatabaseSync', new DatabaseSync(':memory:'))
    instances.set('EventEmitter', new EventEmitter())
    instances.set('Socket', new Socket())
    instances.set('FileHandle', file)
    instances.set(
      'Timeout',
      setTimeout(() => {}, 0),
    )
    instances.set('NumberFormat', new Intl.NumberFormat())
    instances.set('generator', (function* () {})())
    instances.set('async generator', (async function* () {})())
    class Store {
      db = new DatabaseSync(':memory:')
      get(): void {}
    }
    instances.set('Store', new Store())
    const refused = new Map<string, string>()
    for (const [name, value] of instances) {
      try {
        encode(value, 'move')
        abandonMessage()
      } catch (error) {
        if (error instanceof NotSendError) refused.set(name, error.message)
      }
    }
    assert.ok(refused.size > 25, `only ${refused.size} were refused`)
    assert.deepEqual(
      [...refused].filter(([, text]) => text.includes('sendable(')),
      [],
    )
    assert.match(refused.get('Response')!, /Response cannot be sent between threads\. Send its content/)
    assert.match(refused.get('DatabaseSync')!, /open it in the thread that uses it/)
    assert.match(refused.get('generator')!, /Collect it into an array first/)
    await file.close()
  })

  test('a refusal names the path, the value and the repair', () => {
    class Session {
      user = 'ann'
      end() {}
    }
    const plain = (name: string) =>
      `${name} cannot be sent between threads. Register its class with \`sendable(${name}, { ... })\`, or send plain data.`
    refused(() => 1, 'A function cannot be sent between threads. Send the data it works on.')
    refused(
      [{ cache: { fn() {} } }],
      '[0].cache.fn: A function cannot be sent between threads. Send the data it works on.',
    )
    refused({ 'a b': [Session] }, '["a b"][0]: A class cannot be sent between threads. Send the data it works on.')
    refused({ id: Symbol('x') }, '.id: A symbol cannot be sent between threads. Send its description.')
    refused({ owner: new Session() }, `.owner: ${plain('Session')}`)
    refused(new (class Cache extends Map {})(), plain('Cache'))
    refused(
      new Map([['a', new Set([Promise.resolve()])]]),
      '.values()[0].values()[0]: Promise cannot be sent between threads. Await it and send the result.',
    )
    refused(
      new Map([[{ f() {} }, 1]]),
      '.keys()[0].f: A function cannot be sent between threads. Send the data it works on.',
    )
    refused([new WeakMap()], '[0]: WeakMap cannot be sent between threads. Use a Map.')
    refused([new WeakRef({})], '[0]: WeakRef cannot be sent between threads. Send the object it refers to.')
    refused([(function* () {})()], '[0]: Generator cannot be sent between threads. Collect it into an array first.')
    refused({ e: new Event('x') }, '.e: Event cannot be sent between threads. Send its data.')
    const raw =
      'Raw shared memory (SharedArrayBuffer) cannot be sent between threads. Use a Mutex, an atomic or a vec, or mark it with `unsafeShared(value)` and synchronize it yourself.'
    refused(new SharedArrayBuffer(8), raw)
    refused({ v: new Uint8Array(new SharedArrayBuffer(8)) }, `.v: ${raw}`)
    refused(
      new Error('x', { cause: () => 1 }),
      '.cause: A function cannot be sent between threads. Send the data it works on.',
    )
    refused(
      Object.create(Map.prototype),
      'An object that only looks like a Map cannot be sent between threads. Send a real Map.',
    )
  })

  test('a refusal below the depth of deferred bodies abbreviates the path', () => {
    let value: unknown = { f: () => 1 }
    for (let i = 0; i < 150; i++) value = { value }
    refused(
      value,
      `\u2026${'.value'.repeat(50)}.f: A function cannot be sent between threads. Send the data it works on.`,
    )
  })

  test('an error of a computed property is rethrown and the next message is complete', () => {
    const bytes = new Uint8Array(4)
    const thrown = new Error('mine')
    assert.throws(
      () =>
        encode(
          [
            bytes,
            computed({
              get a() {
                throw thrown
              },
            }),
          ],
          'move',
        ),
      thrown,
    )
    assert.equal(bytes.length, 4)
    same([bytes, 1])
  })
})

describe('one encoding inside another', limit, () => {
  test('user code may send while its value is being written', () => {
    const long = 'y'.repeat(5000)
    const inner = { inner: [1, { long }] }
    const value = computed({
      a: long,
      get b() {
        return [through(inner, 'move'), through([inner, inner])]
      },
      c: [1, 2, 3],
      d: { long },
    })
    const expected = { a: long, b: [inner, [inner, inner]], c: [1, 2, 3], d: { long } }
    for (let i = 0; i < 3; i++) assert.deepStrictEqual(through(value), expected)
  })

  test('a failed inner encoding leaves the outer one intact', () => {
    const value = computed({
      a: 1,
      get b() {
        try {
          encode([() => 1], 'move')
        } catch {
          return 'caught'
        }
      },
      c: 3,
    })
    assert.deepStrictEqual(through(value), { a: 1, b: 'caught', c: 3 })
  })

  test('a message that was not committed is undone by the next one', () => {
    const bytes = new Uint8Array(4)
    encode(bytes, 'move')
    same({ a: 1 })
    assert.equal(bytes.length, 4)
    assert.throws(() => commitMessage(), /no encoded message/)
  })
})

describe('registered classes', limit, () => {
  class Point {
    x: number
    readonly #y: number
    constructor(x: number, y: number) {
      this.x = x
      this.#y = y
    }
    get y() {
      return this.#y
    }
  }
  registerClass('Point', Point, {
    write: ({ x, y }) => [x, y],
    read: plain => new Point(...(plain as [number, number])),
  })

  class Node {
    children: unknown[] = []
  }
  registerClass('Node', Node, {
    write: node => ({ children: node.children }),
    read: plain => Object.assign(new Node(), plain as object),
  })

  test('instances keep their prototype and identity', () => {
    const point = new Point(1, 2)
    const copy = through({ a: point, b: [point], at: { c: point } })
    assert.ok(copy.a instanceof Point && copy.a.y === 2)
    assert.equal(copy.a, copy.b[0])
    assert.equal(copy.a, copy.at.c)
    const tree = new Node()
    tree.children = [new Node(), point]
    assert.ok(through(tree).children[0] instanceof Node)
  })

  test('instances that cannot be rebuilt are refused', () => {
    const node = new Node()
    node.children.push(node)
    refused(
      { node },
      '.node.children[0]: An instance that contains itself cannot be sent between threads. Send its parts, because its class can only be rebuilt from complete data.',
    )
    let deep: unknown = 0
    for (let i = 0; i < 1000; i++) deep = [deep]
    node.children = [deep]
    assert.throws(() => encode(node, 'copy'), /more than 400 levels deep in a registered class/)
    node.children = [() => 1]
    refused([node], '[0].children[0]: A function cannot be sent between threads. Send the data it works on.')
  })

  test('a class may read messages while it is read', () => {
    class Lazy {
      value: unknown
    }
    registerClass('Lazy', Lazy, {
      write: lazy => lazy.value,
      read: plain => Object.assign(new Lazy(), { value: through([plain, plain]) }),
    })
    const shared = { s: 1 }
    const lazy = Object.assign(new Lazy(), { value: shared })
    assert.deepStrictEqual(through([1, lazy, shared, 2])[1], Object.assign(new Lazy(), { value: [shared, shared] }))
  })
})
