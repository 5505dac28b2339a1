/** Tests of structs: used in place in a lock, ordinary data elsewhere, with views that end with their guards. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  BorrowError,
  clone,
  Condvar,
  drop,
  DroppedError,
  move,
  mpsc,
  Mutex,
  NotSendError,
  OnceLock,
  ReentrantMutex,
  RwLock,
  struct,
  thread,
} from 'fearless'
import { MUTEX_BLOCK, i32 as words } from '../../dist/internal.js'

const limit = { timeout: 20_000 }

const Stats = struct({ x: struct.f64, hits: struct.u32, name: struct.str })
const { i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, bool, str } = struct
const All = struct({ i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, bool, str })

const blockOf = (lock: unknown): number => words[((lock as { thing: number }).thing + MUTEX_BLOCK) >> 2]
const all = { i8: 1, u8: 2, i16: 3, u16: 4, i32: 5, u32: 6, i64: 7n, u64: 8n, f32: 0.5, f64: 0.1, bool: true, str: 'é' }

test('a struct outside a lock is an ordinary object with numbers in the range of their fields', limit, () => {
  const s = All({ ...all, i8: 200, u8: -1, i16: 40_000, u16: 65_537, i32: 2 ** 31, u32: -1, i64: 2n ** 63n, f32: 0.1 })
  assert.deepEqual(
    { ...s },
    {
      ...all,
      i8: -56,
      u8: 255,
      i16: -25_536,
      u16: 1,
      i32: -(2 ** 31),
      u32: 2 ** 32 - 1,
      i64: -(2n ** 63n),
      f32: Math.fround(0.1),
    },
  )
  s.f64 = 2
  assert.equal(s.f64, 2)
  assert.equal(JSON.stringify(Stats({ x: 1, hits: 2, name: 'n' })), '{"x":1,"hits":2,"name":"n"}')
})

test('values of another type and invalid fields are refused', limit, () => {
  assert.throws(() => Stats({ x: '1' as never, hits: 0, name: '' }), TypeError)
  assert.throws(() => Stats({ x: 1, hits: 0 } as never), /field name \(str\) expects a string, got undefined/)
  assert.throws(() => struct(Object.fromEntries([['__proto__', struct.f64]])), TypeError)
  const m = new Mutex(Stats({ x: 1, hits: 0, name: '' }))
  using g = m.lock().wait()
  assert.throws(() => (g.value.hits = 1n as never), TypeError)
  assert.throws(() => (g.value.name = 5 as never), /field name \(str\) expects a string, got 5/)
  const spoilt = Stats({ x: 1, hits: 0, name: '' })
  spoilt.name = 5 as never
  assert.throws(() => (g.value = spoilt), NotSendError)
  assert.equal(g.value.name, '')
})

test('the fields of a struct in a Mutex are read and written in place', limit, async () => {
  const m = new Arc(new Mutex(All(all)))
  const block = blockOf(m)
  await thread
    .spawn(
      move(() => {
        using g = m.lock().wait()
        const { value } = g
        assert.equal(g.value, value)
        value.i8 = -128
        value.u8 += 254
        value.i16 = 32_768
        value.u16--
        value.i32 = -5
        value.u32 = 2 ** 32 - 2
        value.i64 = -(2n ** 62n)
        value.u64 -= 9n
        value.f32 = 0.1
        value.f64 *= 3
        value.bool = false
        value.str = '日本'
      }),
    )
    .join()
  assert.equal(blockOf(m), block)
  using g = await m.lock()
  assert.deepEqual(
    { ...All(g.value) },
    {
      i8: -128,
      u8: 0,
      i16: -32_768,
      u16: 3,
      i32: -5,
      u32: 2 ** 32 - 2,
      i64: -(2n ** 62n),
      u64: 2n ** 64n - 1n,
      f32: Math.fround(0.1),
      f64: 0.1 * 3,
      bool: false,
      str: '日本',
    },
  )
  assert.deepEqual(JSON.parse(JSON.stringify(new Mutex(Stats({ x: 1, hits: 2, name: 'n' })).lock().wait().value)), {
    x: 1,
    hits: 2,
    name: 'n',
  })
})

test('a string that outgrows its room moves its struct to a larger allocation, under the same view', limit, () => {
  const Two = struct({ a: struct.str, n: struct.f64, b: struct.str })
  const m = new Mutex(Two({ a: '', n: 1, b: 'tail' }))
  for (let length = 0; length <= 3000; length += 37) {
    using g = m.lock().wait()
    const { value } = g
    value.a = (length % 2 === 0 ? 'x' : '\ud83e') + 'y'.repeat(length)
    assert.equal(value.a.length, length + 1)
    assert.equal(value.b, 'tail')
    value.n += 1
    assert.equal(value.n, Math.floor(length / 37) + 2)
  }
  const { a, b, n } = m.intoInner()
  assert.deepEqual([a.length, b, n], [2998, 'tail', 83])
})

test('a view ends with its guard, with its thread, and when the value is replaced', limit, async () => {
  const m = new Arc(new Mutex(Stats({ x: 1, hits: 0, name: 'a' })))
  const g = m.lock().wait()
  const first = g.value
  g.value = Stats({ x: 2, hits: 0, name: 'b' })
  assert.throws(() => first.x, { name: 'BorrowError', code: 'FL0013' })
  const second = g.value
  assert.equal(second.x, 2)
  g.value = second
  assert.throws(() => second.x, BorrowError)
  const third = g.value
  assert.equal(third.x, 2)
  g[Symbol.dispose]()
  assert.throws(() => third.x, BorrowError)
  assert.throws(() => (third.x = 3), BorrowError)
  assert.throws(() => Stats(third), BorrowError)
  assert.throws(() => g.value, DroppedError)
  let kept: typeof third | undefined
  assert.equal(m.with(value => ((kept = value), value.x)).wait(), 2)
  assert.throws(() => kept!.x, BorrowError)
  assert.equal(m.with(value => Stats(value)).wait().x, 2)
  // A thread ends while it holds the lock: its writes stay, and the lock is poisoned.
  const t = thread.spawn(
    move(() => {
      m.lock().wait().value.hits = 7
    }),
  )
  await t.join()
  assert.equal(m.isPoisoned, true)
  m.clearPoison()
  assert.equal(m.lock().wait().value.hits, 7)
})

test('update stores the struct back into its lock', limit, () => {
  const m = new Mutex(Stats({ x: 1, hits: 0, name: 'a' }))
  void m
    .update(value => {
      value.hits++
      return value
    })
    .wait()
  assert.equal(m.update(value => Stats({ ...Stats(value), x: 5 })).wait().x, 5)
  assert.deepEqual({ ...m.intoInner() }, { x: 5, hits: 1, name: 'a' })
})

test('an error poisons the lock and keeps the writes made before it', limit, () => {
  const m = new Mutex(Stats({ x: 1, hits: 0, name: 'a' }))
  assert.throws(() => {
    using g = m.lock().wait()
    g.value.hits = 3
    throw new Error('half way')
  }, /half way/)
  assert.equal(m.isPoisoned, true)
  m.clearPoison()
  assert.equal(m.lock().wait().value.hits, 3)
})

test('readers of an RwLock see the struct in place and cannot write it', limit, async () => {
  const lock = new Arc(new RwLock(Stats({ x: 1, hits: 0, name: 'a' })))
  {
    using r = lock.read().wait()
    assert.equal(r.value, r.value)
    assert.throws(() => ((r.value as { x: number }).x = 2), TypeError)
    assert.throws(() => ((r.value as { name: string }).name = 'longer than before'), TypeError)
  }
  const read = await thread
    .spawn(
      move(() => {
        {
          using w = lock.write().wait()
          w.value.x = 5
          w.value.name = 'much longer than it was before, and then some more'
        }
        using r = lock.read().wait()
        return r.value.x
      }),
    )
    .join()
  assert.equal(read, 5)
  using u = await lock.upgradableRead()
  const seen = u.value
  assert.equal(seen.x, 5)
  const w = await u.upgrade()
  assert.throws(() => seen.x, BorrowError)
  w.value.x = 6
  const written = w.value
  const r = w.downgrade()
  assert.throws(() => written.x, BorrowError)
  const last = r.value
  assert.deepEqual([last.x, last.name.length], [6, 50])
  drop(r)
  assert.throws(() => last.x, BorrowError)
})

test('a Condvar lends the view again after its wait', limit, async () => {
  const shared = new Arc({ stats: new Mutex(Stats({ x: 0, hits: 0, name: '' })), news: new Condvar() })
  const waiting = thread.spawn(
    move(() => {
      const { stats, news } = shared.value
      using g = stats.lock().wait()
      const before = g.value
      news.until(g, value => value.hits > 0).wait()
      assert.equal(g.value.hits, 1)
      return g.value !== before
    }),
  )
  await shared.value.stats.with(value => void value.hits++)
  shared.value.news.notifyAll()
  assert.equal(typeof (await waiting.join()), 'boolean')
})

test('a struct elsewhere is data with its fields', limit, async () => {
  const s = Stats({ x: 1.5, hits: 2, name: 'n' })
  const [tx, rx] = mpsc.channel<{ a: typeof s; b: (typeof s)[] }>()
  tx.send(clone({ a: s, b: [s, Stats({ x: 0, hits: 0, name: '' })] }))
  const got = await rx.recv()
  assert.equal(got.a, got.b[0])
  assert.deepEqual(got.a, s)
  assert.equal(Stats(got.b[1]).hits, 0)
  assert.deepEqual({ ...new Arc(clone(s)).value }, { ...s })
  assert.throws(() => ((new Arc(clone(s)).value as { x: number }).x = 2), TypeError)
  const cell = new OnceLock<typeof s>()
  assert.equal(cell.getOrInit(() => clone(s)).wait().name, 'n')
  const again = new ReentrantMutex(clone(s))
  {
    using g = again.lock().wait()
    g.value.hits++
  }
  assert.equal(again.lock().wait().value.hits, 3)
  // Inside other data, it is copied like the rest.
  const m = new Mutex({ list: [clone(s)] })
  m.with(value => void value.list[0].hits++).wait()
  assert.equal(m.intoInner().list[0].hits, 3)
  // The view of a guard can be sent, as a copy of its present state.
  const held = new Mutex(clone(s)).lock().wait()
  tx.send({ a: held.value, b: [] })
  held.value.hits = 100
  assert.deepEqual((await rx.recv()).a, s)
  assert.deepEqual(await thread.spawn(given => given.name, s).join(), 'n')
})

test('the maker of structs crosses a thread and makes the same structs', limit, async () => {
  const m = new Arc(new Mutex(Stats({ x: 0, hits: 0, name: '' })))
  const made = thread.spawn(
    move(() => {
      using g = m.lock().wait()
      g.value = Stats({ x: 1, hits: 2, name: 'made there' })
      return { Stats, twice: [Stats, Stats], list: [{ n: 1 }, Stats({ x: 3, hits: 0, name: '' })] }
    }),
  )
  const back = await made.join()
  assert.equal(back.Stats, Stats)
  assert.deepEqual(back.twice, [Stats, Stats])
  assert.deepEqual(JSON.stringify(back.list), '[{"n":1},{"x":3,"hits":0,"name":""}]')
  assert.equal(m.lock().wait().value.name, 'made there')
  assert.equal(struct({ x: struct.f64, hits: struct.u32, name: struct.str }), Stats)
  assert.throws(() => mpsc.channel<unknown>()[0].send((() => 1) as never), /A function cannot be sent/)
})

test('threads that write a struct in turn lose no update', limit, async () => {
  const m = new Arc(new Mutex(Stats({ x: 0, hits: 0, name: '' })))
  const threads = [0, 1].map(() =>
    thread.spawn(
      move(() => {
        for (let n = 0; n < 20_000; n++) {
          using g = m.lock().wait()
          g.value.hits += 1
          g.value.x = g.value.hits / 2
          if (n % 100 === 0) g.value.name = `${g.value.hits}`.padEnd(g.value.hits % 300, '.')
        }
      }),
    ),
  )
  for (const t of threads) await t.join()
  const { hits, x } = m.intoInner()
  assert.deepEqual([hits, x], [40_000, 20_000])
})
