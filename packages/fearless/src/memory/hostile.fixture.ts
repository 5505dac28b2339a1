/**
 * Hostile values: each violates an assumption that code for arbitrary values may make. The same seed makes the same
 * value in every thread.
 */

/** The message of the errors that code in hostile values throws. */
export const HOSTILE_MESSAGE = 'hostile: code of the value ran'

function bomb(): never {
  throw new Error(HOSTILE_MESSAGE)
}

const throwing: PropertyDescriptor = { get: bomb, set: bomb, enumerable: true, configurable: true }

const TRAPS = [
  'get',
  'set',
  'has',
  'ownKeys',
  'getOwnPropertyDescriptor',
  'defineProperty',
  'deleteProperty',
  'getPrototypeOf',
  'setPrototypeOf',
  'isExtensible',
  'preventExtensions',
] as const

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

/** A chain of `depth` objects, built by `around` from the innermost outwards. */
export function nested(depth: number, around: (inner: unknown) => unknown): unknown {
  const { stackTraceLimit } = Error
  // A million stack traces do not fit into any heap.
  if (depth > 1000) Error.stackTraceLimit = 0
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = around(value)
  Error.stackTraceLimit = stackTraceLimit
  return value
}

export const WRAPPERS: readonly ((inner: unknown) => unknown)[] = [
  inner => [inner],
  inner => ({ inner }),
  inner => new Map([[1, inner]]),
  inner => new Map([[inner, 1]]),
  inner => new Set([inner]),
  inner => new Error('around', { cause: inner }),
  inner => new AggregateError([inner], 'around'),
  inner => [1, 'x', inner],
  inner => Object.assign(Object.create(null) as object, { inner }),
]

class Unregistered {
  #secret = 1
  get secret(): number {
    return this.#secret
  }
}

class OddError extends Error {
  override get name(): string {
    return bomb()
  }
}

function cyclicCause(): Error {
  const a = new Error('a')
  const b = new Error('b', { cause: a })
  a.cause = b
  return b
}

function detached<T>(make: (buffer: ArrayBuffer) => T): T {
  const buffer = new ArrayBuffer(8)
  const made = make(buffer)
  structuredClone(buffer, { transfer: [buffer] })
  return made
}

/** The hostile values, by index. */
export const HOSTILE_VALUES: readonly (() => unknown)[] = [
  () => Object.defineProperty({}, 'x', throwing),
  () => Object.defineProperty([1], 0, throwing),
  () => Object.defineProperty({}, 'then', throwing),
  () => ({ then: bomb }),
  () => ({ toString: 1, valueOf: null }),
  () => ({ toString: bomb }),
  () => ({ toJSON: bomb }),
  () => ({ [Symbol.toPrimitive]: bomb }),
  () => Object.defineProperty({}, Symbol.toStringTag, throwing),
  () => Object.defineProperty({}, Symbol.iterator, throwing),
  () => Object.defineProperty({}, 'constructor', throwing),
  () => Object.create({ constructor: Object.defineProperty(() => {}, 'name', throwing) }) as object,
  () => Object.create(null) as object,
  () => Object.create(Object.create(null) as object) as object,
  () => new Proxy({}, {}),
  () => new Proxy([1, 2], {}),
  () => new Proxy(() => {}, {}),
  () => new Proxy(new Error('in a proxy'), {}),
  () => new Proxy(new Map(), {}),
  () => revoked({}),
  () => revoked([]),
  () => revoked(() => {}),
  () => Object.create(revoked({})) as object,
  () => Object.create(new Proxy({}, { getPrototypeOf: () => new Proxy({}, {}) })) as object,
  ...TRAPS.flatMap(trap => [
    () => new Proxy({ x: 1 }, { [trap]: bomb }),
    () => new Proxy(new Error('trapped'), { [trap]: bomb }),
    () => new Proxy([1], { [trap]: bomb }),
  ]),
  () => new Proxy({}, { ownKeys: () => ['a', 'b'], getOwnPropertyDescriptor: () => undefined }),
  () => new Array(2 ** 32 - 1),
  () => Object.assign([], { 4000000000: 1 }),
  () => new Array(300_000).fill(7),
  () => new Array(5000).fill('text'),
  () => 'x'.repeat(300_000),
  () => 2n ** 100_000n,
  () => Symbol('strange'),
  () => Symbol('long'.repeat(10_000)),
  () => bomb,
  () => class Strange {},
  () => async function* generator() {},
  () =>
    (function* () {
      yield 1
    })(),
  () => [1][Symbol.iterator](),
  () => new WeakMap(),
  () => new WeakRef({}),
  () => Promise.resolve(1),
  () => new SharedArrayBuffer(8),
  () => detached(buffer => buffer),
  () => detached(buffer => new Uint8Array(buffer)),
  () => new DataView(new ArrayBuffer(8)),
  () => new Date(NaN),
  () => Object.create(Date.prototype) as object,
  () => Object.create(Map.prototype) as object,
  () => Object.create(Error.prototype) as object,
  () => Object.setPrototypeOf(new Error('of no class'), null) as object,
  () => Object.setPrototypeOf(new Map([[1, 2]]), Array.prototype) as object,
  () => Object.assign(/x/g, { lastIndex: 7 }),
  () => Object.defineProperty(/x/g, 'flags', throwing),
  () => Object(Symbol('boxed')) as object,
  () => Object('boxed') as object,
  () => new Unregistered(),
  () => new (class extends Map {})(),
  () => new (class extends Array {})(),
  () => new OddError('odd'),
  () => Object.defineProperty(new Error('e'), 'message', throwing),
  () => Object.defineProperty(new Error('e'), 'name', throwing),
  () => Object.defineProperty(new Error('e'), 'stack', throwing),
  () => Object.defineProperty(new Error('e'), 'cause', throwing),
  () => Object.assign(new Error('e'), { message: { toString: bomb } }),
  () => Object.assign(new Error('e'), { name: Symbol('name') }),
  () => Object.assign(new Error('e'), { stack: 7 }),
  () => Object.assign(new Error('e'), { stack: 'x\n'.repeat(100_000) }),
  () => Object.assign(new Error('x'.repeat(300_000)), { name: 'y'.repeat(300_000) }),
  () => Object.assign(new Error('e'), { f: bomb, kept: 1 }),
  () => new Error('e', { cause: bomb }),
  () => new AggregateError([bomb, revoked({}), new Error('one')], 'many'),
  () => Object.assign(new AggregateError([]), { errors: 7 }),
  () => cyclicCause(),
  () => new DOMException('aborted', 'AbortError'),
  () => Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`key${i}`, i])),
  () => ({ ['k'.repeat(100_000)]: bomb }),
  () => JSON.parse('{"__proto__": 1, "constructor": 2, "hasOwnProperty": 3}') as object,
  () => Object.freeze({ frozen: Object.freeze([1]) }),
  () =>
    (
      function (this: unknown) {
        return arguments
      } as (...values: unknown[]) => unknown
    )(1, 2),
  () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    cyclic.list = [cyclic, new Map([[cyclic, cyclic]])]
    return cyclic
  },
  () => Object.assign([1, 2], { extra: bomb }),
  () => ({ [Symbol('key')]: 1 }),
  () => undefined,
  () => null,
  () => -0,
  () => NaN,
]

/** The hostile value of a seed, alone or inside other objects. */
export function hostile(seed: number): unknown {
  let state = seed >>> 0
  const random = (below: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) % below
  }
  const one = (): unknown => HOSTILE_VALUES[random(HOSTILE_VALUES.length)]()
  let value = random(2000) === 0 ? nested(50_000, WRAPPERS[random(WRAPPERS.length)]) : one()
  for (let left = random(4); left > 0; left--) {
    const around = WRAPPERS[random(WRAPPERS.length)]
    value = random(3) === 0 ? [one(), around(value)] : around(value)
  }
  return value
}
