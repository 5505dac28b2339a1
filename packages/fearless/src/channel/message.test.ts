/** Messages: every value arrives as a fresh value that equals the sent one, for every kind and size. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MovedError, NotSendError, clone, drop, move, mpsc, thread, type Receiver, type Sender } from 'fearless'

const limit = { timeout: 30_000 }

/** A thread that sends every received message back, so that it crosses twice. */
function mirror(): { there: Sender<unknown>; back: Receiver<unknown>; end: () => Promise<void> } {
  const [there, inbox] = mpsc.channel<unknown>()
  const [outbox, back] = mpsc.channel<unknown>()
  const t = thread.spawn(
    move(() => {
      for (const message of inbox) outbox.send(message as never)
    }),
  )
  return {
    there,
    back,
    end: async () => {
      drop(there)
      await t.join()
    },
  }
}

test('20,000 strings of all kinds arrive unchanged', limit, async () => {
  const { there, back, end } = mirror()
  const alphabets = [
    'abc',
    'äöüß',
    'дом',
    '日本語',
    '🦀👩‍👩‍👧',
    '\0\u0001\u001f',
    '\ud800\udc00\udfff\ud83d',
    'a\u0301',
    '\u00ff\u0100',
  ]
  const text = (i: number): string => {
    const alphabet = alphabets[i % alphabets.length]
    const length = i % 41 === 0 ? i % 9000 : i % 70
    let made = ''
    for (let k = 0; k < length; k++) made += alphabet[(i * 7 + k) % alphabet.length]
    return made
  }
  for (let i = 0; i < 20_000; i++) there.send(text(i) as never)
  let wrong = 0
  for (let i = 0; i < 20_000; i++) if ((await back.recv()) !== text(i)) wrong++
  assert.equal(wrong, 0)
  await end()
})

test('every kind of clonable value arrives unchanged', limit, async () => {
  const { there, back, end } = mirror()
  const cyclic: { self?: unknown; list: unknown[] } = { list: [] }
  cyclic.self = cyclic
  cyclic.list.push(cyclic, cyclic.list)
  const twice = { n: 1 }
  const values: unknown[] = [
    0,
    -0,
    1,
    -1,
    NaN,
    Infinity,
    -Infinity,
    2 ** 53,
    5e-324,
    0.1,
    true,
    false,
    null,
    undefined,
    '',
    'x',
    0n,
    -(2n ** 100n),
    {},
    [],
    { a: undefined, b: null },
    [undefined, null],
    Object.assign(new Array<number>(4), { 1: 1, 3: 2 }),
    { nested: { deep: { deeper: [1, { x: 'y' }] } } },
    new Map<unknown, unknown>([
      [1, 'a'],
      [{ k: 1 }, new Map()],
      [NaN, -0],
    ]),
    new Set([1, 'a', null, undefined]),
    new Date(0),
    /a(b)?/giu,
    new Error('message'),
    new TypeError('t', { cause: { why: [1] } }),
    new RangeError('r'),
    new ArrayBuffer(0),
    new Uint8Array(5).fill(7).buffer,
    ...[
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
    ].map(T => new T([1, 2, 3])),
    new BigInt64Array([1n, -1n]),
    new DataView(new ArrayBuffer(8), 2, 4),
    Object(1),
    Object('s'),
    Object(true),
    cyclic,
    [twice, twice],
    Object.create(null, { k: { value: 1, enumerable: true } }),
    { __proto__: null, a: 1 },
    JSON.parse('{"__proto__": 1, "1": 2, "": 3}'),
    Array.from({ length: 1000 }, (_, i) => ({ i })),
  ]
  for (const [i, value] of values.entries()) {
    const expected = structuredClone(value)
    there.send(value as never)
    const got = await back.recv()
    assert.deepEqual(got, expected, `value ${i}`)
    if (typeof expected === 'number') assert.ok(Object.is(got, expected))
  }
  await end()
})

test('a message is a fresh value, independent of the sent one', limit, async () => {
  const [tx, rx] = mpsc.channel<{ n: number; list: number[] }>()
  const sent = { n: 1, list: [1] }
  tx.send(clone(sent))
  sent.n = 2
  sent.list.push(2)
  tx.send(clone(sent))
  const [first, second] = [await rx.recv(), await rx.recv()]
  assert.deepEqual(
    [first, second],
    [
      { n: 1, list: [1] },
      { n: 2, list: [1, 2] },
    ],
  )
  first.list.push(9)
  assert.deepEqual(second.list, [1, 2])
  assert.notEqual(second.list, sent.list)
  // Later messages do not change earlier ones.
  const kept: { n: number; list: number[] }[] = []
  for (let i = 0; i < 5000; i++) {
    tx.send({ n: i, list: [i, i + 1] })
    kept.push(rx.recv().wait())
  }
  kept.forEach((m, i) => assert.deepEqual(m, { n: i, list: [i, i + 1] }))
})

test('null and undefined can be sent as messages', limit, async () => {
  const [tx, rx] = mpsc.channel<null | undefined | number>()
  for (const value of [null, undefined, 1, null]) tx.send(value)
  drop(tx)
  const got: unknown[] = []
  for await (const x of rx) got.push(x)
  assert.deepEqual(got, [null, undefined, 1, null])
})

test('messages of 1 byte to 64 MiB arrive unchanged', limit, async () => {
  const { there, back, end } = mirror()
  for (const size of [
    1,
    7,
    8,
    100,
    900,
    1000,
    8191,
    8192,
    8200,
    32_700,
    65_536,
    1_000_000,
    16 * 1048576,
    64 * 1048576,
  ]) {
    const bytes = new Uint8Array(size)
    for (let i = 0; i < size; i += 4093) bytes[i] = i * 31 + size
    bytes[size - 1] = 171
    there.send(bytes as never)
    assert.throws(() => bytes.length, MovedError)
    const got = (await back.recv()) as Uint8Array
    assert.equal(got.length, size)
    assert.equal(got[size - 1], 171)
    for (let i = 0; i < size - 1; i += 4093) if (got[i] !== ((i * 31 + size) & 255)) assert.fail(`byte ${i} of ${size}`)
  }
  const long = 'ab'.repeat(4_000_000)
  const wide = 'äд'.repeat(2_000_000)
  there.send(long as never)
  there.send(wide as never)
  assert.ok((await back.recv()) === long)
  assert.ok((await back.recv()) === wide)
  await end()
})

test('small and large messages keep their order', limit, async () => {
  const { there, back, end } = mirror()
  const size = (i: number): number => (i % 37 === 0 ? 20_000 : i % 11 === 0 ? 3000 : i % 5)
  for (let i = 0; i < 5000; i++) there.send((i % 3 === 0 ? i : { i, fill: 'x'.repeat(size(i)) }) as never)
  for (let i = 0; i < 5000; i++) {
    const got = (await back.recv()) as number | { i: number; fill: string }
    if (i % 3 === 0) assert.equal(got, i)
    else if (typeof got === 'number' || got.i !== i || got.fill.length !== size(i)) assert.fail(`message ${i}`)
  }
  await end()
})

test('a send refuses a value that cannot cross, and a value that was moved before', limit, () => {
  const [tx, rx] = mpsc.channel<unknown>()
  for (const value of [
    () => {},
    Symbol('s'),
    new WeakMap(),
    Promise.resolve(),
    { f() {} },
    [[() => {}]],
    new SharedArrayBuffer(8),
  ]) {
    assert.throws(() => tx.send(value as never), NotSendError)
  }
  const bytes = new Uint8Array(8)
  tx.send(bytes as never)
  assert.throws(() => tx.send(bytes as never), MovedError)
  assert.equal([...rx.tryIter()].length, 1)
})
