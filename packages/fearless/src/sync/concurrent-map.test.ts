/**
 * Tests that compare ConcurrentMap with Map, from one thread and from many, and tests of a holder that throws or dies.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  ConcurrentMap,
  DeadlockError,
  Mutex,
  clone,
  drop,
  move,
  thread,
  type JoinHandle,
  type MapKey,
  type Wait,
} from 'fearless'
import { i32 } from '../../dist/internal.js'
import { HEAP_TOP, PARALLELISM } from '../core/layout.ts'
import { probesOf } from './map-probes.fixture.ts'

const limit = { timeout: 30_000 }

test('keys are compared by value, as a Map does', limit, async () => {
  const map = new ConcurrentMap<MapKey, string | { i: number }>()
  const keys: MapKey[] = ['', 'a', 'ä', '日本', 'x'.repeat(5000), 0, 1, -1, 1.5, NaN, Infinity, 2 ** 40, 1n, 2n ** 70n]
  keys.push(true, false, '1', 'true', 'NaN', '\ud800', -3n, -(2n ** 200n), 0n, 'ab\0', 'ab')
  for (const [i, key] of keys.entries()) await map.set(key, { i })
  assert.equal(map.size, keys.length)
  for (const [i, key] of keys.entries()) assert.deepEqual(map.get(key).wait(), { i })
  await map.set(-0, 'zero')
  assert.equal(await map.get(0), 'zero')
  const found = new Map(await map.entries())
  assert.deepEqual(new Set(found.keys()), new Set(keys))
  assert.equal(found.get(NaN) !== undefined, true)
  for (const key of [undefined, null, {}, Symbol('a')]) {
    assert.throws(() => map.get(key as never).wait(), TypeError)
  }
})

test('every operation has the result of the same operation on a Map', limit, async () => {
  const map = new ConcurrentMap<number, number | string | { n: number }>()
  const expected = new Map<number, number | string | { n: number }>()
  let seed = 1
  const below = (n: number) => (seed = (seed * 48_271) % 0x7fff_ffff) % n
  for (let step = 0; step < 20_000; step++) {
    const key = below(400)
    const value = [step, `v${step}`, { n: step }][below(3)]
    switch (below(6)) {
      case 0:
        map.set(key, clone(value)).wait()
        expected.set(key, value)
        break
      case 1:
        assert.deepEqual(map.remove(key).wait(), expected.get(key))
        expected.delete(key)
        break
      case 2: {
        const updated = map.update(key, old => (typeof old === 'number' ? old + 1 : value)).wait()
        const old = expected.get(key)
        expected.set(key, typeof old === 'number' ? old + 1 : value)
        assert.deepEqual(updated, expected.get(key))
        break
      }
      case 3:
        if (!expected.has(key)) expected.set(key, value)
        assert.deepEqual(map.getOrInsert(key, () => value).wait(), expected.get(key))
        break
      case 4:
        assert.equal(map.has(key).wait(), expected.has(key))
        break
      default:
        assert.deepEqual(map.get(key).wait(), expected.get(key))
    }
    assert.equal(map.size, expected.size)
  }
  assert.deepEqual(new Map(await map.entries()), expected)
  await map.clear()
  assert.equal(map.size, 0)
  assert.deepEqual(await map.entries(), [])
})

test('values are frozen copies, and a value that cannot be sent changes nothing', limit, async () => {
  const map = new ConcurrentMap<string, { list: number[] }>()
  const given = { list: [1] }
  await map.set('a', clone(given))
  given.list.push(2)
  const got = (await map.get('a'))!
  assert.throws(() => (got as { list: number[] }).list.push(3), TypeError)
  assert.deepEqual(await map.get('a'), { list: [1] })
  assert.throws(() => map.set('a', (() => {}) as never).wait(), { code: 'FL2002' })
  assert.throws(() => map.set('b', { list: [new Mutex(0)] } as never).wait(), { code: 'FL2002' })
  assert.throws(
    () =>
      map
        .update('a', () => {
          throw new RangeError('no')
        })
        .wait(),
    RangeError,
  )
  assert.throws(
    () =>
      map
        .getOrInsert('new', () => {
          throw new RangeError('no')
        })
        .wait(),
    RangeError,
  )
  assert.deepEqual(await map.entries(), [['a', { list: [1] }]])
})

test('threads count words exactly, and the map is freed with its last owner', limit, async () => {
  const round = async () => {
    const map = new ConcurrentMap<string, number>()
    const each = 4000
    const handles = [0, 1, 2, 3].map(id =>
      thread.spawn(
        move(() => {
          for (let i = 0; i < each; i++) {
            map.update(`k${(i * 7 + id) % 97}`, (n = 0) => n + 1).wait()
            if (i % 50 === 0) map.update('text', (n = 0) => n + 1).wait()
          }
        }),
      ),
    )
    const own = (async () => {
      for (let i = 0; i < 500; i++) await map.update(`k${i % 97}`, (n = 0) => n + 1)
    })()
    for (const handle of handles) await handle.join()
    await own
    const entries = await map.entries()
    assert.equal(
      entries.reduce((sum, [, n]) => sum + n, 0),
      4 * each + 4 * (each / 50) + 500,
    )
    assert.equal(entries.length, 98)
    drop(map)
  }
  // The caches of the workers are filled.
  for (let i = 0; i < 12; i++) await round()
  const top = i32[HEAP_TOP >> 2]
  for (let i = 0; i < 40; i++) await round()
  assert.ok(i32[HEAP_TOP >> 2] - top <= 262_144, `the heap grew by ${i32[HEAP_TOP >> 2] - top} bytes`)
})

const OPERATIONS: Record<string, (map: ConcurrentMap<string, number>, key: string) => Wait<unknown>> = {
  get: (map, key) => map.get(key),
  has: (map, key) => map.has(key),
  set: (map, key) => map.set(key, 1),
  update: (map, key) => map.update(key, () => 1),
  getOrInsert: (map, key) => map.getOrInsert(key, () => 1),
  remove: (map, key) => map.remove(key),
  entries: map => map.entries(),
  clear: map => map.clear(),
}
const KEYS = Array.from({ length: 300 }, (_, i) => `key ${i}`)

for (const [name, operation] of Object.entries(OPERATIONS)) {
  test(`${name} inside an operation on the same map throws DeadlockError for every pair of keys`, limit, async () => {
    const map = new Arc(new ConcurrentMap<string, number>())
    const other = Arc.clone(map)
    await map.set('outer', 1)
    for (const key of KEYS) {
      for (const handle of [map, other]) {
        assert.throws(() => map.update('outer', () => Number(operation(handle, key).wait())).wait(), DeadlockError)
        assert.throws(() => map.update(key, () => Number(operation(handle, 'outer').try())).wait(), DeadlockError)
        assert.throws(
          () => map.getOrInsert('new', () => Number(operation(handle, key).wait(1000))).wait(),
          DeadlockError,
        )
      }
    }
    let awaited: Promise<unknown> | undefined
    await map.update('outer', n => {
      awaited = operation(other, 'key').then()
      return n!
    })
    await assert.rejects(() => awaited!, DeadlockError)
    assert.deepEqual(await map.entries(), [['outer', 1]])
    assert.equal(map.update('outer', () => map.size).wait(), 1)
  })

  test(`${name} inside an operation on another map succeeds for every pair of keys`, limit, async () => {
    const [map, inner] = [new ConcurrentMap<string, number>(), new ConcurrentMap<string, number>()]
    for (const key of KEYS) {
      await map.update(key, () => {
        operation(inner, 'a').wait()
        operation(inner, key).wait()
        return 1
      })
      // Back to the first map, in whose operation this thread still is.
      const back = (): number => inner.update(key, () => Number(operation(map, 'a').wait())).wait()
      assert.throws(() => map.update(key, back).wait(), DeadlockError)
    }
    assert.equal(map.size, KEYS.length)
  })
}

test(
  'two threads inside one map each that use the other map get an error or both results, and do not hang',
  limit,
  async () => {
    const [a, b] = [new ConcurrentMap<string, number>(), new ConcurrentMap<string, number>()]
    const adding = (from: typeof a, to: typeof a): JoinHandle<number> =>
      thread.spawn(
        move(() => {
          let refused = 0
          for (let i = 0; i < 500; i++) {
            try {
              from.update('k', (n = 0) => n + to.update('k', (m = 0) => m + 1).wait() * 0 + 1).wait()
            } catch (error) {
              if (!(error instanceof DeadlockError)) throw error
              refused++
            }
          }
          return refused
        }),
      )
    const refused = await Promise.all([adding(a, b), adding(b, a)])
    const sum = (await a.get('k'))! + (await b.get('k'))!
    // A refused update has changed neither map, or only the inner one.
    assert.ok(sum >= 2 * (1000 - refused[0] - refused[1]) && sum <= 2000, `${sum} with ${refused.join()} refused`)
  },
)

test('a map that is dropped inside its own operation stays allocated until the operation ends', limit, () => {
  for (let i = 0; i < 50; i++) {
    const map = new ConcurrentMap<string, number[]>()
    map.set('a', [1]).wait()
    const result = map
      .update('a', (list = []) => {
        map[Symbol.dispose]()
        new ConcurrentMap<string, number[]>().set('b', [2]).wait()
        return [...list, 3]
      })
      .wait()
    assert.deepEqual(result, [1, 3])
    assert.throws(() => map.get('a').try(), { name: 'DroppedError' })
  }
})

test('a thread that dies inside an operation leaves the previous value and a free lock', limit, async () => {
  const map = new ConcurrentMap<string, { n: number }>()
  await map.set('a', { n: 1 })
  for (const how of ['exit', 'throw'] as const) {
    const inside = new Arc(new AtomicI32(0))
    const dying = thread.spawn(
      move(() => {
        map
          .update('a', () => {
            inside.store(1)
            if (how === 'exit') process.exit(3)
            throw new Error('thrown inside')
          })
          .wait()
      }),
    )
    const waiting = thread.spawn(
      move(() => {
        while (inside.load() === 0);
        return map.update('a', old => ({ n: old!.n + 1 })).wait()
      }),
    )
    await assert.rejects(async () => await dying.join())
    await waiting.join()
  }
  assert.deepEqual(await map.get('a'), { n: 3 })
  assert.equal(map.size, 1)
})

test('set returns the previous value, which belongs to its caller', limit, async () => {
  const map = new ConcurrentMap<string, { n: number } | number>()
  assert.equal(await map.set('a', { n: 1 }), undefined)
  const before = (await map.set('a', 2)) as { n: number }
  before.n++
  assert.deepEqual([before, await map.get('a')], [{ n: 2 }, 2])
  assert.equal(await map.set('a', { n: 3 }), 2)
  await assert.rejects(async () => map.set('a', { f: () => {} } as never), { name: 'NotSendError' })
  assert.deepEqual(await map.get('a'), { n: 3 })
})

test('threads that set one key get each value back once', limit, async () => {
  const map = new ConcurrentMap<string, number>()
  const each = 2000
  const handles = [0, 1, 2].map(id =>
    thread.spawn(
      move(() => {
        let sum = 0
        for (let i = 1; i <= each; i++) sum += map.set('key', id * each + i).wait() ?? 0
        return sum
      }),
    ),
  )
  let sum = (await Promise.all(handles)).reduce((a, b) => a + b, 0)
  sum += (await map.remove('key')) ?? 0
  assert.equal(sum, (3 * each * (3 * each + 1)) / 2)
})

for (const parallelism of [1, 4, 16, 64]) {
  test(`a search probes 2 slots on average, at every size, on the shards of ${parallelism} cores`, limit, () => {
    const threads = i32[PARALLELISM >> 2]!
    for (const entries of [100, 1000, 10_000, 200_000]) {
      i32[PARALLELISM >> 2] = parallelism
      const map = new ConcurrentMap<number | string, number>()
      i32[PARALLELISM >> 2] = threads
      for (let n = 0; n < entries; n++) map.set(n % 2 === 0 ? n : `key ${n}`, n).try()
      assert.ok(probesOf(map) < 2.5, `${entries} entries: ${probesOf(map)} slots`)
      // A removed entry leaves its slot marked as deleted.
      for (let n = 0; n < Math.min(entries, 20_000); n++) {
        map.remove(n % 2 === 0 ? n : `key ${n}`).try()
        map.set(-n - 1, n).try()
      }
      assert.ok(probesOf(map) < 3, `${entries} entries, some of which were replaced: ${probesOf(map)} slots`)
      drop(map)
    }
  })
}
