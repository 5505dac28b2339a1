/** Tests of atomics: every operation returns the previous value, wraps around, and loses no update. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicBool,
  AtomicF64,
  AtomicI16,
  AtomicI32,
  AtomicI64,
  AtomicI8,
  AtomicU16,
  AtomicU32,
  AtomicU64,
  AtomicU8,
  DroppedError,
  drop,
  move,
  thread,
} from 'fearless'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }
const MAX = 2 ** 31 - 1
const MIN = -(2 ** 31)

test('every argument of an atomic integer refuses a non-integer and wraps a value that is too large', limit, () => {
  for (const Atomic of [AtomicI8, AtomicI16, AtomicI32, AtomicU8, AtomicU16, AtomicU32]) {
    const n = new Atomic(7)
    const ways: Record<string, (bad: number) => unknown> = {
      new: bad => new Atomic(bad),
      store: bad => n.store(bad),
      swap: bad => n.swap(bad),
      expected: bad => n.compareExchange(bad, 1),
      value: bad => n.compareExchange(7, bad),
      fetchAdd: bad => n.fetchAdd(bad),
      fetchSub: bad => n.fetchSub(bad),
      fetchAnd: bad => n.fetchAnd(bad),
      fetchNand: bad => n.fetchNand(bad),
      fetchOr: bad => n.fetchOr(bad),
      fetchXor: bad => n.fetchXor(bad),
      fetchMax: bad => n.fetchMax(bad),
      fetchMin: bad => n.fetchMin(bad),
      fetchUpdate: bad => n.fetchUpdate(() => bad),
    }
    for (const [way, f] of Object.entries(ways)) {
      for (const bad of [2.7, -0.5, NaN, Infinity, '3' as never, null as never, undefined as never]) {
        if (way === 'fetchUpdate' && bad === undefined) continue
        assert.throws(() => f(bad), RangeError, `${Atomic.name} ${way} ${bad}`)
        assert.equal(n.load(), 7, `${Atomic.name} ${way} ${bad}`)
      }
    }
    n.store(2 ** 33 + 3)
    assert.equal(n.load(), 3)
    n.store(-0)
    assert.equal(n.load(), 0)
  }
  const flag = new AtomicBool(true)
  for (const bad of [1, 0, 'x', null, undefined]) {
    assert.throws(() => flag.store(bad as never), RangeError)
    assert.throws(() => flag.fetchAnd(bad as never), RangeError)
  }
  assert.equal(flag.fetchNot(), true)
  assert.equal(flag.fetchNot(), false)
  assert.equal(flag.load(), true)
})

/** The methods of an atomic, and the number of values that each takes before its orderings. */
function methodsOf(atomic: object): Map<string, number> {
  const methods = new Map<string, number>()
  for (
    let at = Object.getPrototypeOf(atomic) as object;
    at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object
  )
    for (const name of Object.getOwnPropertyNames(at))
      if (/^(?:store|swap|compareExchange|fetch(?!Not|Update))/.test(name))
        methods.set(name, name === 'compareExchange' ? 2 : 1)
  return methods
}

test('every method of an atomic refuses a value of another type and does not run its code', limit, () => {
  let runs = 0
  const hostile = (value: unknown): unknown[] => [
    { valueOf: () => (runs++, value) },
    { toString: () => (runs++, '1') },
    { [Symbol.toPrimitive]: () => (runs++, value) },
    // `then` is read from the result of a function, to see whether it is a promise.
    new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : void runs++) }),
    Object(value),
    '1',
    '',
    [1],
    null,
    undefined,
    Symbol('1'),
    () => 1,
  ]
  const [numbers, bigints, booleans] = [
    [1, 0.5, NaN, Infinity],
    [1n, 2n ** 70n],
    [true, false],
  ]
  const kinds: [atomic: { load(): unknown }, value: unknown, others: unknown[]][] = [
    ...[AtomicI8, AtomicI16, AtomicI32, AtomicU8, AtomicU16, AtomicU32].map(
      Atomic =>
        [new Atomic(1), 1, [...bigints, ...booleans, 0.5, NaN, Infinity]] as [{ load(): unknown }, unknown, unknown[]],
    ),
    [new AtomicF64(1), 1, [...bigints, ...booleans]],
    [new AtomicI64(1n), 1n, [...numbers, ...booleans]],
    [new AtomicU64(1n), 1n, [...numbers, ...booleans]],
    [new AtomicBool(true), true, [...numbers, ...bigints]],
  ]
  for (const [atomic, value, others] of kinds) {
    const { name } = atomic.constructor
    const methods = methodsOf(atomic)
    assert.ok(methods.size >= 6, name)
    const call = (method: string, args: unknown[]): unknown =>
      (atomic as unknown as Record<string, (...args: unknown[]) => unknown>)[method](...args)
    for (const bad of [...hostile(value), ...others]) {
      const what = `${name} ${typeof bad}`
      for (const [method, values] of methods) {
        for (let at = 0; at < values; at++) {
          const args = Array.from({ length: values }, (_, i) => (i === at ? bad : value))
          assert.throws(() => call(method, args), RangeError, `${what} ${method}`)
        }
      }
      if (bad !== undefined)
        assert.throws(() => call('fetchUpdate', [() => bad]), { name: /RangeError|BorrowError/ }, what)
      assert.throws(() => new (atomic.constructor as new (value: unknown) => unknown)(bad), RangeError, what)
      assert.equal(atomic.load(), value, what)
    }
  }
  assert.equal(runs, 0)
})

test('operations return the previous value', limit, () => {
  const a = new AtomicI32(5)
  assert.equal(a.load(), 5)
  a.store(6)
  assert.equal(a.swap(7), 6)
  assert.equal(a.compareExchange(1, 2), 7)
  assert.equal(a.compareExchange(7, 8), 7)
  assert.equal(a.fetchAdd(2), 8)
  assert.equal(a.fetchSub(4), 10)
  assert.equal(a.fetchAnd(3), 6)
  assert.equal(a.fetchOr(8), 2)
  assert.equal(a.fetchXor(15), 10)
  assert.equal(a.load(), 5)
  assert.equal(a.fetchNand(4), 5)
  assert.equal(a.fetchMax(9), ~4)
  assert.equal(a.fetchMin(-9), 9)
  assert.equal(
    a.fetchUpdate(n => n * 2),
    -9,
  )
  assert.equal(
    a.fetchUpdate(() => undefined),
    undefined,
  )
  assert.equal(a.load(), -18)
})

test('each width wraps at its own limits', limit, () => {
  for (const [make, min, max] of [
    [(n: number) => new AtomicI8(n), -128, 127],
    [(n: number) => new AtomicU8(n), 0, 255],
    [(n: number) => new AtomicI16(n), -32768, 32767],
    [(n: number) => new AtomicU16(n), 0, 65535],
    [(n: number) => new AtomicI32(n), MIN, MAX],
    [(n: number) => new AtomicU32(n), 0, 2 ** 32 - 1],
  ] as const) {
    const a = make(max)
    assert.equal(a.fetchAdd(1), max)
    assert.equal(a.load(), min)
    assert.equal(a.fetchSub(1), min)
    assert.equal(a.swap(max + 1), max)
    assert.equal(a.load(), min)
    a.store(min - 1)
    assert.equal(a.compareExchange(max, 1), max)
    assert.equal(a.fetchMax(max), 1)
    assert.equal(a.fetchMin(min), max)
    assert.equal(a.fetchOr(max), min)
    assert.equal(a.fetchNand(0), min < 0 ? -1 : max)
    assert.equal(a.load(), min < 0 ? -1 : max)
  }
})

test('bigint atomics hold 64 bits', limit, () => {
  for (const [a, min, max] of [
    [new AtomicI64(0n), -(2n ** 63n), 2n ** 63n - 1n],
    [new AtomicU64(0n), 0n, 2n ** 64n - 1n],
  ] as const) {
    a.store(max)
    assert.equal(a.fetchAdd(1n), max)
    assert.equal(a.load(), min)
    assert.equal(a.fetchSub(1n), min)
    assert.equal(a.swap(6n), max)
    assert.equal(a.compareExchange(5n, 1n), 6n)
    assert.equal(a.compareExchange(6n, 7n), 6n)
    assert.equal(a.fetchAnd(3n), 7n)
    assert.equal(a.fetchOr(8n), 3n)
    assert.equal(a.fetchXor(1n), 11n)
    assert.equal(a.fetchMax(20n), 10n)
    assert.equal(a.fetchMin(4n), 20n)
    assert.equal(a.fetchNand(0n), 4n)
    assert.equal(a.load(), min === 0n ? max : -1n)
    assert.equal(
      a.fetchUpdate(() => 2n),
      min === 0n ? max : -1n,
    )
    assert.equal(
      a.fetchUpdate(() => undefined),
      undefined,
    )
  }
  for (const bad of [1, 1.5, undefined]) assert.throws(() => new AtomicI64(bad as never), RangeError)
})

test('doubles and booleans support their operations', limit, () => {
  const f = new AtomicF64(NaN)
  assert.ok(Number.isNaN(f.compareExchange(NaN, 1.5)))
  assert.equal(f.fetchAdd(0.25), 1.5)
  assert.equal(f.fetchSub(2), 1.75)
  assert.equal(f.fetchMax(NaN), -0.25)
  assert.equal(f.fetchMax(3), -0.25)
  assert.equal(f.fetchMin(-0), 3)
  assert.ok(Object.is(f.compareExchange(0, 1), -0))
  assert.ok(Object.is(f.swap(5), -0))
  assert.equal(
    f.fetchUpdate(n => n / 2),
    5,
  )
  assert.equal(f.load(), 2.5)
  assert.throws(() => new AtomicF64('1' as never), RangeError)
  const b = new AtomicBool(true)
  assert.equal(b.swap(false), true)
  assert.equal(b.compareExchange(true, true), false)
  assert.equal(b.fetchOr(true), false)
  assert.equal(b.fetchAnd(true), true)
  assert.equal(b.fetchXor(true), true)
  assert.equal(b.fetchNand(true), false)
  assert.equal(b.fetchNand(true), true)
  b.store(true)
  assert.equal(
    b.fetchUpdate(x => !x),
    true,
  )
  assert.equal(
    b.fetchUpdate(() => undefined),
    undefined,
  )
  assert.equal(b.load(), false)
  assert.throws(() => new AtomicBool(1 as never), RangeError)
})

test('valid orderings are accepted and invalid ones refused', limit, () => {
  const all = [new AtomicI32(0), new AtomicU8(0), new AtomicBool(false), new AtomicF64(0), new AtomicI64(0n)]
  for (const atomic of all as AtomicI32[]) {
    const value = atomic.load()
    for (const order of ['Relaxed', 'Acquire', 'SeqCst'] as const) atomic.load(order)
    for (const order of ['Relaxed', 'Release', 'SeqCst'] as const) atomic.store(value, order)
    for (const order of ['Relaxed', 'Acquire', 'Release', 'AcqRel', 'SeqCst'] as const) {
      atomic.swap(value, order)
      atomic.compareExchange(value, value, order, 'Acquire')
    }
    for (const order of ['Release', 'AcqRel', 'relaxed', '', null]) {
      assert.throws(() => atomic.load(order as never), RangeError)
      assert.throws(() => atomic.compareExchange(value, value, 'SeqCst', order as never), RangeError)
    }
    for (const order of ['Acquire', 'AcqRel', 'seqcst'])
      assert.throws(() => atomic.store(value, order as never), RangeError)
    assert.throws(() => atomic.swap(value, 'Consume' as never), RangeError)
    assert.equal(atomic.load(), value)
  }
})

test('threads lose no update in any width', limit, async () => {
  const [byte, float, big, flag] = [new AtomicU8(0), new AtomicF64(0), new AtomicI64(0n), new AtomicBool(false)]
  const max = new Arc(new AtomicU32(0))
  const threads = [1, 2, 3].map(id =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 10_000; i++) {
          byte.fetchAdd(1)
          float.fetchAdd(0.5)
          big.fetchAdd(2n)
          max.fetchMax(id * 10_000 + i)
          flag.fetchXor(true)
        }
      }),
    ),
  )
  for (const t of threads) await t.join()
  assert.equal(byte.load(), 30_000 % 256)
  assert.equal(float.load(), 15_000)
  assert.equal(big.load(), 60_000n)
  assert.equal(max.load(), 39_999)
  assert.equal(flag.load(), false)
})

test('an atomic wraps around at both limits', limit, () => {
  const a = new AtomicI32(MAX)
  assert.equal(a.fetchAdd(1), MAX)
  assert.equal(a.load(), MIN)
  assert.equal(a.fetchSub(1), MIN)
  assert.equal(a.load(), MAX)
  a.store(2 ** 32 + 3)
  assert.equal(a.load(), 3)
  assert.equal(new AtomicI32(2 ** 31).load(), MIN)
  assert.equal(a.compareExchange(3, -1), 3)
  assert.equal(a.fetchAnd(MIN), -1)
  assert.equal(a.load(), MIN)
})

test('an atomic integer refuses fractions', limit, () => {
  for (const value of [0.5, NaN, Infinity, '1' as never, undefined as never])
    assert.throws(() => new AtomicI32(value), RangeError)
})

test('four threads and main lose no update', limit, async () => {
  const [sum, cas] = [new AtomicI32(0), new AtomicI32(0)]
  const threads = Array.from({ length: 4 }, () =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 30_000; i++) {
          sum.fetchAdd(3)
          for (let seen = cas.load(); ;) {
            const found = cas.compareExchange(seen, seen + 1)
            if (found === seen) break
            seen = found
          }
        }
      }),
    ),
  )
  for (let i = 0; i < 30_000; i++) sum.fetchSub(1)
  for (const t of threads) await t.join()
  assert.equal(sum.load(), 330_000)
  assert.equal(cas.load(), 120_000)
})

test('crossing a thread shares an atomic, and drop ends one owner', limit, async () => {
  const a = new AtomicI32(1)
  await thread
    .spawn(
      move(() => {
        a.fetchAdd(1)
        drop(a)
      }),
    )
    .join()
  assert.equal(a.load(), 2)
  end(a)
  end(a)
  for (const use of [() => a.load(), () => a.store(1), () => a.fetchAdd(1)]) assert.throws(use, DroppedError)
})
