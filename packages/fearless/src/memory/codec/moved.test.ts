/** Moves: every operation that moves, every kind of container, every use after the move. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  ArrayQueue,
  ConcurrentMap,
  LazyLock,
  MovedError,
  Mutex,
  NotSendError,
  OnceLock,
  ReentrantMutex,
  RwLock,
  SegQueue,
  broadcast,
  clone,
  drop,
  move,
  mpmc,
  mpsc,
  oneshot,
  select,
  sendable,
  sleep,
  thread,
  watch,
} from 'fearless'

const limit = { timeout: 60_000 }
const wallsAreOn =
  process.env.FEARLESS_WALLS === undefined ? process.env.NODE_ENV !== 'production' : process.env.FEARLESS_WALLS === 'on'
const skip = wallsAreOn ? false : 'the walls are off'

class Point {
  readonly x: number
  parts: number[]
  constructor(x: number, parts: number[]) {
    this.x = x
    this.parts = parts
  }
  sum(): number {
    return this.x + this.parts.length
  }
}
sendable(Point)

/** Containers, and uses that read or change their data. */
type Uses = Record<string, (value: never) => unknown>
const anyObject: Uses = {
  'a field': (v: { n: number }) => v.n,
  'a field that was never there': (v: { other: unknown }) => v.other,
  'a write': (v: { n: number }) => (v.n = 2),
  'a new field': (v: { extra: number }) => (v.extra = 2),
  in: (v: object) => 'n' in v,
  'for in': (v: object) => {
    for (const key in v) return key
    return undefined
  },
  text: (v: object) => String(v as unknown),
  json: (v: object) => JSON.stringify(v),
  instanceof: (v: object) => v instanceof RegExp,
  define: (v: object) => (v as { then?: unknown }).then,
  assignment: (v: object) => Object.assign(v, { n: 1 }),
}
const ownProperties: Uses = {
  spread: (v: object) => ({ ...v }),
  entries: (v: object) => Object.entries(v),
  values: (v: object) => Object.values(v),
  'assign from': (v: object) => Object.assign({}, v),
  structuredClone: (v: object) => structuredClone(v),
}
const iterable: Uses = {
  'for of': (v: Iterable<unknown>) => {
    for (const part of v) return part
    return undefined
  },
  'spread to a list': (v: Iterable<unknown>) => [...v],
  from: (v: Iterable<unknown>) => Array.from(v),
}
const kinds: Record<string, readonly [make: () => object, uses: Uses]> = {
  object: [() => ({ n: 1, list: [1] }), { ...anyObject, ...ownProperties }],
  'object without a prototype': [
    () => Object.assign(Object.create(null) as object, { n: 1 }),
    { ...anyObject, ...ownProperties },
  ],
  'empty object': [() => ({}), { ...anyObject, ...ownProperties }],
  array: [
    () => [1, { n: 2 }],
    {
      ...anyObject,
      ...ownProperties,
      ...iterable,
      element: (v: unknown[]) => v[0],
      'an index loop': (v: unknown[]) => {
        for (let i = 0; i < v.length; i++) if (v[i] === undefined) return i
        return undefined
      },
      push: (v: unknown[]) => v.push(1),
      'write of an element': (v: unknown[]) => (v[0] = 1),
      at: (v: unknown[]) => v.at(0),
      concat: (v: unknown[]) => [0].concat(v as number[]),
      'borrowed method': (v: unknown[]) => Array.prototype.map.call(v, x => x),
      apply: (v: unknown[]) => Math.max(...(v as number[])),
    },
  ],
  'empty array': [
    () => [],
    { ...anyObject, ...iterable, push: (v: unknown[]) => v.push(1), pop: (v: unknown[]) => v.pop() },
  ],
  Map: [
    () => new Map([['a', { n: 1 }]]),
    {
      ...anyObject,
      ...iterable,
      get: (v: Map<string, unknown>) => v.get('a'),
      set: (v: Map<string, unknown>) => v.set('a', 1),
      size: (v: Map<string, unknown>) => v.size,
      forEach: (v: Map<string, unknown>) => v.forEach(() => {}),
      clear: (v: Map<string, unknown>) => v.clear(),
      structuredClone: (v: object) => structuredClone(v),
    },
  ],
  Set: [
    () => new Set([1]),
    {
      ...anyObject,
      ...iterable,
      has: (v: Set<number>) => v.has(1),
      add: (v: Set<number>) => v.add(2),
      size: (v: Set<number>) => v.size,
      structuredClone: (v: object) => structuredClone(v),
    },
  ],
  Date: [
    () => new Date(5),
    {
      ...anyObject,
      getTime: (v: Date) => v.getTime(),
      setTime: (v: Date) => v.setTime(1),
      number: (v: Date) => Number(v),
      compare: (v: Date) => v < new Date(),
    },
  ],
  RegExp: [
    () => /a/,
    {
      ...anyObject,
      test: (v: RegExp) => v.test('a'),
      source: (v: RegExp) => v.source,
      match: (v: RegExp) => 'a'.match(v),
    },
  ],
  Error: [
    () => Object.assign(new TypeError('no', { cause: { n: 1 } }), { n: 1 }),
    {
      ...anyObject,
      ...ownProperties,
      message: (v: Error) => v.message,
      stack: (v: Error) => v.stack,
      cause: (v: Error) => v.cause,
      name: (v: Error) => v.name,
    },
  ],
  Uint8Array: [
    () => new Uint8Array([1, 2]),
    {
      length: (v: Uint8Array) => v.length,
      buffer: (v: Uint8Array) => v.buffer,
      ...iterable,
      fill: (v: Uint8Array) => v.fill(1),
      'an index loop': (v: Uint8Array) => {
        for (let i = 0; i < v.length; i++) v[i] += 1
      },
      view: (v: Uint8Array) => new Uint8Array(v.buffer),
    },
  ],
  DataView: [
    () => new DataView(new ArrayBuffer(8)),
    { get: (v: DataView) => v.getInt8(0), set: (v: DataView) => v.setInt8(0, 1) },
  ],
  ArrayBuffer: [
    () => new ArrayBuffer(8),
    { byteLength: (v: ArrayBuffer) => v.byteLength, view: (v: ArrayBuffer) => v.slice(0) },
  ],
  Buffer: [() => Buffer.from('abc'), { text: (v: Buffer) => v.toString('latin1'), length: (v: Buffer) => v.length }],
  'registered class': [
    () => new Point(1, [2]),
    {
      ...anyObject,
      ...ownProperties,
      method: (v: Point) => v.sum(),
      x: (v: Point) => v.x,
      parts: (v: Point) => v.parts,
    },
  ],
  'boxed number': [() => Object(1) as object, { value: (v: number) => v + 1, ...anyObject }],
}

/** Operations that move `value`, and the text of the error afterwards. */
interface Data {
  readonly n: number
}
type Way = readonly [where: RegExp, move: (value: Data) => unknown]
const [tx] = mpsc.channel<Data>()
const [bounded] = mpsc.channel<Data>(10_000)
const [many] = mpmc.channel<Data>()
const [reserving] = mpsc.channel<Data>(10_000)
const guarded = new Mutex<Data>({ n: 0 })
const written = new RwLock<Data>({ n: 0 })
const reentrant = new ReentrantMutex<Data>({ n: 0 })
const map = new ConcurrentMap<string, Data>()
const segments = new SegQueue<Data>()
const queue = new ArrayQueue<Data>(10_000)
const ways: Record<string, Way> = {
  'send of mpsc': [/moved into a channel\./, (v: Data) => tx.send(v)],
  'send of a bounded channel': [/moved into a channel\./, (v: Data) => bounded.send(v)],
  'send of a bounded channel, at once': [/moved into a channel\./, (v: Data) => bounded.send(v).try()],
  'send of mpmc': [/moved into a channel\./, (v: Data) => many.send(v)],
  'send of a rendezvous': [
    /moved into a channel\./,
    async (v: Data) => {
      const [to, from] = mpsc.channel<Data>(0)
      await Promise.all([to.send(v), from.recv()])
    },
  ],
  'send in a select': [/moved into a channel\./, async (v: Data) => void (await select({ sent: bounded.send(v) }))],
  'send of a permit': [/moved into a channel\./, async (v: Data) => (await reserving.reserve()).send(v)],
  sendAll: [/moved into a channel\./, (v: Data) => tx.sendAll([v])],
  oneshot: [
    /moved into a oneshot channel\./,
    (v: Data) => {
      const [to, from] = oneshot.channel<Data>()
      to.send(v)
      return from
    },
  ],
  'push of a SegQueue': [/moved into a queue\./, (v: Data) => segments.push(v)],
  'push of an ArrayQueue': [/moved into a queue\./, (v: Data) => queue.push(v)],
  'forcePush of an ArrayQueue': [/moved into a queue\./, (v: Data) => queue.forcePush(v)],
  Mutex: [/moved into a lock\./, (v: Data) => new Mutex(v)],
  RwLock: [/moved into a lock\./, (v: Data) => new RwLock(v)],
  ReentrantMutex: [/moved into a lock\./, (v: Data) => new ReentrantMutex(v)],
  Arc: [/moved into an Arc\./, (v: Data) => new Arc(v)],
  'Arc.newCyclic': [/moved into an Arc\./, (v: Data) => Arc.newCyclic(() => v)],
  'value of a right to change an Arc': [
    /moved into an Arc\./,
    (v: Data) => {
      using data = Arc.getMut(new Arc<Data>({ n: 0 }))!
      data.value = v
    },
  ],
  'value of a guard': [
    /moved into a lock by `guard.value =`\./,
    async (v: Data) => {
      using guard = await guarded.lock()
      guard.value = v
    },
  ],
  'value of a write guard': [
    /moved into a lock by `guard.value =`\./,
    async (v: Data) => {
      using guard = await written.write()
      guard.value = v
    },
  ],
  'value of a reentrant guard': [
    /moved into a lock by `guard.value =`\./,
    async (v: Data) => {
      using guard = await reentrant.lock()
      guard.value = v
    },
  ],
  'set of a OnceLock': [/moved into a OnceLock\./, (v: Data) => new OnceLock<Data>().set(v)],
  'getOrInit of a OnceLock': [/moved into a OnceLock\./, (v: Data) => new OnceLock<Data>().getOrInit(() => v)],
  'set of a ConcurrentMap': [/moved into a ConcurrentMap\./, (v: Data) => map.set('a', v)],
  'argument of a thread': [
    /moved into a thread that moved\.test\.ts starts\./,
    (v: Data) => thread.spawn(v => typeof v, v).join(),
  ],
  'argument of a built thread': [
    /moved into a thread that moved\.test\.ts starts\./,
    (v: Data) =>
      thread
        .builder({ name: 'x' })
        .spawn(v => typeof v, v)
        .join(),
  ],
  'capture of a thread': [
    /moved into a thread that moved\.test\.ts starts\./,
    (v: Data) => thread.spawn(move(() => void v)).join(),
  ],
  'capture of a LazyLock': [/moved into a LazyLock\./, (v: Data) => new LazyLock(move(() => ({ of: v })))],
}

/** Sends values of other types than the channel has. */
const send = (value: unknown): void => tx.send(value as Data)

for (const [name, [where, give]] of Object.entries(ways)) {
  test(`every use of a value after a move by ${name} throws MovedError`, { ...limit, skip }, async () => {
    for (const [kind, [make, uses]] of Object.entries(kinds)) {
      for (const wrap of [(v: object): unknown => v, (v: object): unknown => ({ deep: [v] })]) {
        const value = make()
        await give(wrap(value) as Data)
        for (const [use, f] of Object.entries(uses)) {
          // Reads and writes of an element are silent where the language does not access the prototype.
          assert.throws(
            () => f(value as never),
            error => error instanceof MovedError && where.test(error.message),
            `${kind}, ${use}`,
          )
        }
      }
    }
  })
}

test('a second move of a value throws MovedError with the path', { ...limit, skip }, () => {
  const rows = [1]
  send({ rows })
  assert.throws(() => send({ again: { rows } }), {
    name: 'MovedError',
    message: '.again.rows: This value was moved into a channel. Pass `clone(value)` there to keep this value usable.',
  })
  assert.throws(() => send(rows), MovedError)
  assert.throws(() => clone(rows) && send(clone(rows)), MovedError)
})

test('the stack of a MovedError begins at the line of the use', { ...limit, skip }, () => {
  const rows = { n: 1 }
  send(rows)
  assert.throws(
    () => rows.n,
    error => /^.*\n\s+at .*moved\.test\.ts/.test((error as Error).stack ?? ''),
  )
})

test('a moved list cannot be cleared', { ...limit, skip }, () => {
  for (const batch of [[1, 2], []]) {
    send(batch)
    assert.throws(
      () => (batch.length = 0),
      error => error instanceof TypeError || error instanceof MovedError,
    )
  }
})

test('a promise of a moved value rejects', { ...limit, skip }, async () => {
  const rows = [1]
  send(rows)
  await assert.rejects(async () => rows, MovedError)
})

test('a failed send moves nothing', limit, async () => {
  const value = { list: [1], map: new Map([['a', new Date(5)]]) }
  const [closed, rx] = mpsc.channel<Data>()
  drop(rx)
  assert.throws(() => closed.send(value as never), { name: 'ClosedError' })
  assert.throws(() => send({ value, f: () => {} }), NotSendError)
  const [full] = mpsc.channel<Data>(1)
  full.send({ n: 1 }).try()
  assert.throws(() => full.send(value as never).try(), { name: 'FullError' })
  const [to, from] = mpsc.channel<Data>(0)
  await assert.rejects(async () => to.send(value as never).within(5), { name: 'TimeoutError' })
  assert.throws(() => to.send(value as never).try(), { name: 'FullError' })
  const late = await select({ sent: to.send(value as never), none: full.send(value as never), late: sleep(5) })
  assert.equal(late.key, 'late')
  drop(from)
  assert.throws(() => new Arc({ value, tx: oneshot.channel<number>()[0] } as never), NotSendError)
  assert.throws(() => thread.spawn((v, _f) => v, value, (() => {}) as never), NotSendError)
  assert.deepEqual(value, { list: [1], map: new Map([['a', new Date(5)]]) })
})

test('a value that is broadcast, watched, lent to a scope or returned stays usable', limit, async () => {
  const value = { list: [1] }
  const [all] = broadcast.channel<Data>(4)
  all.send(value as never)
  const [latest] = watch.channel<Data>(value as never)
  latest.send(value as never)
  assert.deepEqual(value, { list: [1] })
  assert.deepEqual(await thread.scope(s => s.spawn(v => v.list, value).join()), [1])
  assert.deepEqual(value, { list: [1] })
  // Module variables of a worker outlive its threads.
  const twice = (): number[] => ((globalThis as { table?: number[] }).table ??= [1, 2])
  for (let i = 0; i < 4; i++) assert.deepEqual(await thread.spawn(twice).join(), [1, 2])
})

test('the value that update or getOrInsert returns stays readable', limit, async () => {
  assert.deepEqual(await new Mutex({ list: [0] }).update(() => ({ list: [1] })), { list: [1] })
  assert.deepEqual(await new RwLock({ list: [0] }).update(() => ({ list: [1] })), { list: [1] })
  const map = new ConcurrentMap<string, { list: number[] }>()
  assert.deepEqual(await map.update('a', () => ({ list: [1] })), { list: [1] })
  assert.deepEqual(await map.getOrInsert('b', () => ({ list: [2] })), { list: [2] })
})

test('a moved frozen object stays readable and its mutable parts are moved', { ...limit, skip }, () => {
  const open = { n: 1 }
  const frozen = Object.freeze({ n: 1, open, list: Object.freeze([1]) })
  const sealed = Object.seal({ n: 1 })
  send({ frozen, sealed })
  assert.deepEqual([frozen.n, frozen.list, sealed.n], [1, [1], 1])
  assert.throws(() => open.n, MovedError)
  assert.throws(() => (sealed.n = 2), TypeError)
})

test('a moved property that cannot be deleted is frozen', { ...limit, skip }, () => {
  const value = Object.defineProperty({ m: 1 } as { n: number; m: number }, 'n', {
    value: 1,
    writable: true,
    enumerable: true,
  })
  send(value)
  assert.throws(() => (value.n = 2), TypeError)
  assert.throws(() => value.m, MovedError)
})

test('a moved view of a part leaves the rest of the buffer usable', limit, async () => {
  const whole = new Uint8Array([1, 2, 3, 4])
  const part = whole.subarray(1, 3)
  const [to, from] = mpsc.channel<Uint8Array | Uint8Array[] | ArrayBuffer>()
  to.send(part)
  assert.deepEqual(await from.recv(), new Uint8Array([2, 3]))
  assert.deepEqual(whole, new Uint8Array([1, 2, 3, 4]))
  if (wallsAreOn) assert.throws(() => part.length, MovedError)
  to.send([whole.subarray(2), whole.subarray(0, 1), whole.subarray(1, 2)])
  assert.equal(whole.length, 0)
})

test('a moved view of a part beside its buffer moves all bytes', limit, () => {
  const whole = new Uint8Array([1, 2, 3, 4])
  const { buffer } = whole
  send([whole.subarray(1, 3), buffer])
  assert.equal(whole[0], undefined)
})

// ---------------------------------------------------------------- random graphs

const seeded = (seed: number) => () => {
  seed = (seed * 1664525 + 1013904223) >>> 0
  return seed / 2 ** 32
}

/** A graph of containers with cycles and shared parts. Adds its objects to `objects`. */
function randomGraph(random: () => number, objects: object[]): object {
  const pick = (n: number): number => Math.floor(random() * n)
  const value = (depth: number): unknown => {
    if (depth === 0 || random() < 0.2) return [1, 'a', true, null, undefined, 1.5, 10n][pick(7)]
    if (objects.length > 0 && random() < 0.2) return objects[pick(objects.length)]
    return container(depth - 1)
  }
  const container = (depth: number): object => {
    const n = pick(5)
    const kind = pick(8)
    const note = <T extends object>(object: T): T => {
      objects.push(object)
      return object
    }
    switch (kind) {
      case 0:
      case 1: {
        const object = note({} as Record<string, unknown>)
        for (let i = 0; i < n; i++) object[`k${pick(9)}`] = value(depth)
        return object
      }
      case 2:
      case 3: {
        const list = note([] as unknown[])
        for (let i = 0; i < n; i++) list.push(value(depth))
        return list
      }
      case 4: {
        const map = note(new Map<unknown, unknown>())
        for (let i = 0; i < n; i++) map.set(value(depth), value(depth))
        return map
      }
      case 5: {
        const set = note(new Set<unknown>())
        for (let i = 0; i < n; i++) set.add(value(depth))
        return set
      }
      case 6:
        return note(new Date(pick(1000)))
      default:
        return note(Object.assign(new RangeError('no'), { extra: value(depth) }))
    }
  }
  return container(4)
}

test('a random graph arrives equal and none of its objects stays usable', limit, () => {
  for (let seed = 0; seed < 300; seed++) {
    const objects: object[] = []
    const graph = randomGraph(seeded(seed), objects)
    const reachable = objects.filter(object => reaches(graph, object))
    const kept = objects.filter(object => !reaches(graph, object))
    const [to, from] = mpsc.channel<Data>()
    to.send(clone({ graph }) as never)
    const { graph: copy } = from.recv().try() as unknown as { graph: object }
    to.send({ graph } as never)
    const got = from.recv().try() as unknown as { graph: object }
    assert.deepEqual(got.graph, copy, `seed ${seed}`)
    if (!wallsAreOn) continue
    for (const object of reachable) {
      for (const use of Object.values(anyObject)) {
        assert.throws(() => use(object as never), MovedError, `seed ${seed}`)
      }
    }
    for (const object of kept) assert.doesNotThrow(() => 'n' in object)
  }
})

function reaches(from: object, to: object): boolean {
  const seen = new Set<unknown>()
  const left: unknown[] = [from]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    if (next === to) return true
    seen.add(next)
    if (next instanceof Map) for (const [key, value] of next) left.push(key, value)
    if (next instanceof Set) left.push(...next)
    left.push(...Object.values(next))
  }
  return false
}
