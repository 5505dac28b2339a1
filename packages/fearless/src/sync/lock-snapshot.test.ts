/** Tests of lent values: after the guard's release, a value read under a lock is readable and frozen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  BorrowError,
  ConcurrentMap,
  Condvar,
  drop,
  move,
  mpsc,
  Mutex,
  Once,
  OnceLock,
  ReadonlyError,
  ReentrantMutex,
  RwLock,
  sleep,
  struct,
  thread,
  vec,
  watch,
} from 'fearless'

const limit = { timeout: 30_000 }

interface User {
  name: string
  hits: number
  tags: string[]
  seen: Map<string, number>
  roles: Set<string>
  since: Date
}
const user = (): User => ({
  name: 'Ada',
  hits: 0,
  tags: ['a'],
  seen: new Map([['x', 1]]),
  roles: new Set(['r']),
  since: new Date(0),
})

/** All ways to get a user out of a lock, or of an object that lends like a lock. */
const ways: Record<string, () => Promise<unknown>> = {
  'a guard of a Mutex': async () => {
    using g = await new Mutex(user()).lock()
    return g.value
  },
  'a guard that is dropped': async () => {
    const g = await new Mutex(user()).lock()
    const { value } = g
    drop(g)
    return value
  },
  'with of a Mutex': async () => await new Mutex(user()).with(u => u),
  'update of a Mutex': async () => await new Mutex(user()).update(u => u),
  'update with a new object': async () => await new Mutex(user()).update(user),
  'a part of the value': async () => (await new Mutex([{ u: user() }]).with(list => list[0]))!.u,
  'find in a list': async () => await new Mutex([user()]).with(list => list.find(u => u.name === 'Ada')),
  'getMut of a Mutex': async () => {
    using g = new Mutex(user()).getMut()
    return g.value
  },
  'a guard of a poisoned Mutex': async () => {
    const m = new Mutex(user())
    assert.throws(() =>
      m
        .with(() => {
          throw new Error('no')
        })
        .wait(),
    )
    let kept: unknown
    try {
      m.lock().wait()
    } catch (error) {
      using g = (error as { guard: { value: User } & Disposable }).guard
      kept = g.value
    }
    return kept
  },
  'a value that was replaced': async () => {
    using g = await new Mutex(user()).lock()
    const { value } = g
    g.value = user()
    return value
  },
  'a guard that waited on a Condvar': async () => {
    const m = new Mutex(user())
    using g = await m.lock()
    const { value } = g
    await assert.rejects(async () => await new Condvar().until(g).within(1), { code: 'FL0005' })
    return value
  },
  'read of an RwLock': async () => {
    using g = await new RwLock(user()).read()
    return g.value
  },
  'write of an RwLock': async () => {
    using g = await new RwLock(user()).write()
    return g.value
  },
  'a writer that was downgraded': async () => {
    const w = await new RwLock(user()).write()
    const { value } = w
    using _r = w.downgrade()
    return value
  },
  'upgradableRead of an RwLock': async () => {
    using g = await new RwLock(user()).upgradableRead()
    return g.value
  },
  'with of an RwLock': async () => await new RwLock(user()).with(u => u),
  'update of an RwLock': async () => await new RwLock(user()).update(u => u),
  'a guard of a ReentrantMutex': async () => {
    using g = await new ReentrantMutex(user()).lock()
    return g.value
  },
  'a replaced value of a ReentrantMutex': async () => {
    using g = await new ReentrantMutex(user()).lock()
    const { value } = g
    g.value = user()
    return value
  },
  'getMut of an Arc': async () => {
    using g = Arc.getMut(new Arc(user()))!
    return g.value
  },
  'makeMut of an Arc': async () => {
    using g = Arc.makeMut(new Arc(user()))
    return g.value
  },
  'a replaced value of an ArcMut': async () => {
    using g = Arc.makeMut(new Arc(user()))
    const { value } = g
    g.value = user()
    return value
  },
  'get of a OnceLock': async () => {
    const cell = new OnceLock<User>()
    await cell.set(user())
    return cell.get()
  },
  'getOrInit of a OnceLock': async () => await new OnceLock<User>().getOrInit(user),
  'get of a ConcurrentMap': async () => {
    const map = new ConcurrentMap<string, User>()
    await map.set('a', user())
    return await map.get('a')
  },
  'update of a ConcurrentMap': async () => await new ConcurrentMap<string, User>().update('a', user),
  'getOrInsert of a ConcurrentMap': async () => await new ConcurrentMap<string, User>().getOrInsert('a', user),
  'entries of a ConcurrentMap': async () => {
    const map = new ConcurrentMap<string, User>()
    await map.set('a', user())
    return (await map.entries())[0]![1]
  },
  'borrow of a watch receiver': async () => watch.channel(user())[1].borrow(),
  'borrow of a watch sender': async () => watch.channel(user())[0].borrow(),
  'borrowAndUpdate of a watch receiver': async () => watch.channel(user())[1].borrowAndUpdate(),
}

for (const [name, give] of Object.entries(ways)) {
  test(`the value from ${name} is readable and frozen afterwards`, limit, async () => {
    const u = (await give()) as User
    assert.deepEqual(
      [u.name, u.hits, [...u.tags], [...u.seen], [...u.roles], u.since.getTime()],
      ['Ada', 0, ['a'], [['x', 1]], ['r'], 0],
    )
    for (const write of [
      () => {
        u.hits++
      },
      () => {
        u.tags.push('b')
      },
      () => {
        u.tags[0] = 'b'
      },
      () => {
        delete (u as Partial<User>).name
      },
      () => {
        Object.assign(u, { hits: 1 })
      },
    ])
      assert.throws(write, TypeError)
    for (const write of [
      () => u.seen.set('y', 2),
      () => u.seen.clear(),
      () => u.roles.add('s'),
      () => u.since.setTime(1),
    ])
      assert.throws(write, ReadonlyError)
  })
}

test('a frozen Map names the way to change it', limit, async () => {
  const seen = await new Mutex(new Map([['a', 1]])).with(map => map)
  assert.throws(() => seen.set('b', 2), {
    name: 'ReadonlyError',
    message: 'This Map is read-only: the lock was released. Change it inside `with`, or through a guard that is alive.',
  })
})

test('a part that is taken out of a value under the lock belongs to the taker', limit, async () => {
  const jobs = new Mutex([{ n: 1 }, { n: 2 }])
  const job = (await jobs.with(list => list.pop()))!
  job.n = 20
  assert.deepEqual([job, await jobs.with(list => [...list])], [{ n: 20 }, [{ n: 1 }]])
  const map = new ConcurrentMap<string, { n: number }>()
  await map.set('a', { n: 1 })
  const removed = (await map.remove('a'))!
  removed.n = 2
  assert.equal(removed.n, 2)
})

test('a copy that is made under the lock belongs to the taker', limit, async () => {
  const m = new Mutex({ list: [1] })
  const copy = await m.with(v => structuredClone(v))
  copy.list.push(2)
  const spread = await m.with(v => [...v.list])
  spread.push(2)
  assert.deepEqual([copy.list, spread, await m.with(v => v.list.length)], [[1, 2], [1, 2], 1])
})

test('a value that replaces the value it is a part of keeps its own parts', limit, async () => {
  const m = new Mutex([{ n: 1 }, { n: 2 }, { n: 3 }])
  {
    using g = await m.lock()
    g.value = g.value.filter(({ n }) => n !== 2)
    g.value.push({ n: 4 })
  }
  assert.deepEqual(await m.update(list => list.filter(({ n }) => n !== 3)), [{ n: 1 }, { n: 4 }])
  assert.deepEqual(await m.with(list => list.length), 2)
})

test('nested guards of a ReentrantMutex keep the value writable until the last is released', limit, () => {
  const m = new ReentrantMutex({ n: 0 })
  const outer = m.lock().wait()
  const value = outer.value
  const inner = m.lock().wait()
  inner.value.n++
  drop(inner)
  value.n++
  drop(outer)
  assert.throws(() => value.n++, TypeError)
  using g = m.lock().wait()
  assert.equal(g.value.n, 2)
})

test('numbers and structs are not frozen, because they are stored in the lock', limit, async () => {
  const Point = struct({ x: struct.f64 })
  const m = new Mutex(Point({ x: 1 }))
  const lent = await m.with(p => {
    p.x = 2
    return p
  })
  assert.throws(() => lent.x, BorrowError)
  assert.throws(() => {
    lent.x = 3
  }, BorrowError)
  assert.equal(await m.with(p => p.x), 2)
  assert.equal(await new Mutex(1).update(n => n + 1), 2)
})

test("a method of a typed array throws after the guard's release", limit, async () => {
  const m = new Mutex({ bytes: new Uint8Array([1, 2]) })
  const { bytes } = await m.with(v => v)
  for (const use of [() => bytes.length, () => bytes.fill(0), () => [...bytes]])
    assert.throws(use, { name: 'BorrowError', message: /This array was read under a lock that has been released/ })
  assert.deepEqual(await m.with(v => [...v.bytes]), [1, 2])
})

test('a function that returns the typed array of a lock is refused', limit, async () => {
  let kept: unknown
  for (const m of [new Mutex(new Uint8Array([1, 2])), new RwLock(new Uint8Array([1, 2]))]) {
    const refused = { name: 'BorrowError', message: /returned a typed array/ }
    assert.throws(() => m.with(v => v).wait(), refused)
    assert.throws(
      () =>
        m
          .with(v => {
            kept = v
          })
          .wait(),
      refused,
    )
    assert.throws(() => m.with(v => () => v[0]).wait(), refused)
    assert.deepEqual(await m.with(v => v.slice()), Uint8Array.of(1, 2))
    assert.equal(m.isPoisoned, false)
  }
  assert.equal(kept, undefined)
})

test('handles in a value are not frozen', limit, async () => {
  const m = new Arc(new Mutex({ cells: vec.i32([1, 2]) }))
  await m.with(v => v.cells.set(0, 10))
  await m.with(v => v.cells.set(1, 20))
  assert.deepEqual(await m.with(v => [...v.cells]), [10, 20])
})

test('each of several threads that change a frozen value gets an error', limit, async () => {
  const m = new Arc(new Mutex({ n: 0 }))
  const threads = [1, 2, 3].map(() =>
    thread.spawn(
      move(() => {
        const v = m.with(v => v).wait()
        try {
          v.n++
        } catch (error) {
          m.with(inner => {
            inner.n++
          }).wait()
          return (error as Error).name
        }
        return 'lost'
      }),
    ),
  )
  for (const t of threads) assert.equal(await t, 'TypeError')
  assert.equal(await m.with(v => v.n), 3)
})

// ------------------------------------------------------------- async functions

/** A function that tsc refuses and a JavaScript program may pass. */
const later = (f: (v: { n: number }) => void) =>
  (async (v: { n: number }) => {
    f(v)
    await sleep(1)
    v.n += 100
  }) as never

const asyncUses: Record<string, (f: never) => { wait(): unknown }> = {
  'with of a Mutex': f => mutex.with(f),
  'update of a Mutex': f => mutex.update(f),
  'with of an RwLock': f => rw.with(f),
  'update of an RwLock': f => rw.update(f),
}
const mutex = new Mutex({ n: 0 })
const rw = new RwLock({ n: 0 })

for (const [name, use] of Object.entries(asyncUses)) {
  test(`${name} refuses an async function and leaves its lock free and unpoisoned`, limit, async () => {
    const lock = name.includes('RwLock') ? rw : mutex
    const before = await lock.with(v => v.n)
    assert.throws(
      () =>
        use(
          later(v => {
            v.n++
          }),
        ).wait(),
      { name: 'BorrowError', message: /returned a promise/ },
    )
    await assert.rejects(
      async () =>
        await (use(
          later(v => {
            v.n++
          }),
        ) as unknown as Promise<unknown>),
      { code: 'FL0013' },
    )
    assert.equal(lock.isPoisoned, false)
    await sleep(5)
    // The changes before the first `await` count. The code after it finds the value frozen.
    assert.equal(await lock.with(v => v.n), before + 2)
  })
}

test('a function that throws before it returns a promise poisons the lock', limit, () => {
  const m = new Mutex(0)
  assert.throws(
    () =>
      m
        .with(() => {
          throw new Error('no')
        })
        .wait(),
    /no/,
  )
  assert.equal(m.isPoisoned, true)
})

test('update and getOrInsert of a ConcurrentMap refuse a promise and change nothing', limit, async () => {
  const map = new ConcurrentMap<string, number>()
  const one = (async () => 1) as never
  assert.throws(() => map.update('a', one).wait(), { name: 'BorrowError', message: /`update` returned a promise/ })
  assert.throws(() => map.getOrInsert('a', one).wait(), { name: 'BorrowError', message: /`getOrInsert`/ })
  assert.equal(await map.get('a'), undefined)
})

test('getOrInit of a OnceLock refuses a promise and leaves the cell empty', limit, async () => {
  const cell = new OnceLock<number>()
  assert.throws(() => cell.getOrInit((async () => 1) as never).wait(), {
    name: 'BorrowError',
    message: /cell\.set\(await f\(\)\)/,
  })
  assert.equal(await cell.getOrInit(() => 2), 2)
})

test('callOnce refuses a promise and counts it as a failure', limit, async () => {
  const once = new Once()
  assert.throws(() => once.callOnce((async () => {}) as never).wait(), { name: 'BorrowError', message: /`callOnce`/ })
  assert.throws(() => once.callOnce(() => {}).wait(), { code: 'FL0002' })
  assert.throws(() => once.callOnceForce((async () => {}) as never).wait(), {
    name: 'BorrowError',
    message: /`callOnceForce`/,
  })
  assert.equal(await once.callOnceForce(() => {}), true)
})

test('until of a Condvar refuses a promise as its condition', limit, async () => {
  using g = await new Mutex(0).lock()
  await assert.rejects(async () => await new Condvar().until(g, (async () => false) as never), { name: 'BorrowError' })
})

test('with refuses a Wait that has not begun and returns a JoinHandle', limit, async () => {
  const [, rx] = mpsc.channel<number>()
  const m = new Mutex(0)
  assert.throws(() => m.with((() => rx.recv()) as never).wait(), BorrowError)
  const handle = m.with(() => thread.spawn(() => 7)).wait()
  assert.equal(await handle, 7)
})
