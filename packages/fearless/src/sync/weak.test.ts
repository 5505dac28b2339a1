/** Tests of weak owners, and of the ways to take the value out of an Arc: exactly one of several callers succeeds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, AtomicI32, DroppedError, Mutex, NotSendError, RwLock, drop, move, mpsc, thread, Weak } from 'fearless'
import { HANDLES, HANDLE_OWNER, core, i32 } from '../../dist/internal.js'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }

/** Returns the number of this process's handle records. */
function records(): number {
  let count = 0
  for (let at = core.nextObject(HANDLES, 0); at !== 0; at = core.nextObject(HANDLES, at))
    if (Atomics.load(i32, (at + HANDLE_OWNER) >> 2) === 1) count++
  return count
}

test('a weak owner upgrades until the last owner is dropped, for data and for handles', limit, () => {
  for (const make of [() => new Arc({ n: 1 }), () => new Arc(new Mutex(1)), () => new Arc(new RwLock(1))]) {
    const arc = make() as Arc<{ n: number }>
    assert.equal(Arc.weakCount(arc), 0)
    const weak = Arc.downgrade(arc)
    assert.equal(Arc.weakCount(arc), 1)
    assert.equal(Arc.strongCount(arc), 1)
    const again = weak.upgrade()!
    assert.ok(Arc.ptrEq(arc, again))
    assert.equal(Arc.strongCount(arc), 2)
    end(arc)
    assert.equal(Arc.strongCount(again), 1)
    end(again)
    assert.equal(weak.upgrade(), undefined)
    end(weak)
    assert.throws(() => weak.upgrade(), DroppedError)
  }
})

test('the contents of an Arc are dropped with its last owner, despite weak owners', limit, () => {
  const [tx, rx] = mpsc.channel<number>()
  const arc = new Arc(new Mutex(tx))
  const weak = Arc.downgrade(arc)
  drop(arc)
  assert.throws(() => rx.recv().try(), { name: 'ClosedError' })
  assert.equal(weak.upgrade(), undefined)
})

test('weak owners cross threads and are counted there', limit, async () => {
  const arc = new Arc([1, 2])
  const weak = Arc.downgrade(arc)
  const sum = await thread
    .spawn(move(() => (weak.upgrade()?.value.length ?? 0) + Arc.weakCount(weak.upgrade()!)))
    .join()
  assert.equal(sum, 4)
  assert.equal(Arc.weakCount(arc), 1)
  assert.equal(Arc.strongCount(arc), 1)
})

test('upgrading during the drop of the last owner returns the value or undefined', limit, async () => {
  for (let round = 0; round < 30; round++) {
    const arc = new Arc({ round })
    const weak = Arc.downgrade(arc)
    const ready = new AtomicI32(0)
    const t = thread.spawn(
      move(() => {
        ready.store(1)
        for (let seen = 0; ; seen++) {
          const got = weak.upgrade()
          if (got === undefined) return seen
          if (got.value.round !== round) throw new Error('another value')
          drop(got)
        }
      }),
    )
    while (ready.load() === 0) thread.yieldNow().wait()
    end(arc)
    assert.ok((await t.join()) >= 0)
    assert.equal(weak.upgrade(), undefined)
  }
})

test('the weak owner of a cyclic Arc does not upgrade before the value is stored', limit, () => {
  interface Node {
    readonly name: string
    readonly self: Weak<Node>
  }
  let early: unknown = 1
  const root = Arc.newCyclic<Node>(self => {
    early = self.upgrade()
    return { name: 'root', self }
  })
  assert.equal(early, undefined)
  assert.equal(root.value.self.upgrade()!.value.name, 'root')
  assert.throws(
    () =>
      Arc.newCyclic(() => {
        throw new Error('bang')
      }),
    { message: 'bang' },
  )
  assert.throws(() => Arc.newCyclic(() => new Mutex(0) as never), NotSendError)
})

test('tryUnwrap succeeds despite weak owners, which do not upgrade afterwards', limit, async () => {
  const data = new Arc({ n: [1] })
  const weakData = Arc.downgrade(data)
  assert.deepEqual(Arc.tryUnwrap(data), { n: [1] })
  assert.equal(weakData.upgrade(), undefined)

  const arc = new Arc(new Mutex(5))
  const weak = Arc.downgrade(arc)
  const own = Arc.tryUnwrap(arc)!
  assert.equal(weak.upgrade(), undefined)
  // In a new Arc, it is another value for the weak owners of the old one.
  const second = new Arc(own)
  assert.equal(weak.upgrade(), undefined)
  const weak2 = Arc.downgrade(second)
  assert.equal(weak2.upgrade()!.lock().wait().value, 5)
})

test('exactly one of several threads that call intoInner on all owners gets the value', limit, async () => {
  for (let round = 0; round < 20; round++) {
    const data = new Arc({ round })
    const mutex = new Arc(new Mutex(round))
    const threads = [0, 1, 2].map(() =>
      thread.spawn(
        move(() => {
          const inner = Arc.intoInner(data)
          const own = Arc.intoInner(mutex)
          return (inner === undefined ? 0 : 1) + (own === undefined ? 0 : 10 + own.update(n => n).wait() * 100)
        }),
      ),
    )
    const inner = Arc.intoInner(data)
    const own = Arc.intoInner(mutex)
    let sum = (inner === undefined ? 0 : 1) + (own === undefined ? 0 : 10 + round * 100)
    for (const t of threads) sum += await t.join()
    assert.equal(sum, 11 + round * 100)
    assert.throws(() => data.value, DroppedError)
  }
})

test('getMut succeeds only for the sole owner without Weaks, and the Arc is unusable until the release', limit, () => {
  const arc = new Arc({ n: 1, m: new Mutex(1) })
  assert.equal(arc.value.n, 1)
  const other = Arc.clone(arc)
  assert.equal(Arc.getMut(arc), undefined)
  end(other)
  const weak = Arc.downgrade(arc)
  assert.equal(Arc.getMut(arc), undefined)
  end(weak)
  {
    using data = Arc.getMut(arc)!
    data.value.n = 2
    assert.throws(() => arc.value, DroppedError)
    assert.throws(() => Arc.clone(arc), DroppedError)
  }
  assert.equal(arc.value.n, 2)
  assert.equal(arc.value.m.lock().wait().value, 1)
  const data = Arc.getMut(arc)!
  data.value = { n: 3, m: new Mutex(2) }
  end(data)
  end(data)
  assert.throws(() => data.value, DroppedError)
  assert.equal(arc.value.n, 3)
  assert.throws(() => {
    using bad = Arc.getMut(arc)!
    bad.value = { n: 4, f: () => {} } as never
  }, NotSendError)
  assert.equal(arc.value.n, 3)
  const number = new Arc(1)
  {
    using n = Arc.getMut(number)!
    n.value++
  }
  assert.equal(number.value, 2)
})

test(
  'makeMut changes in place for the sole owner, copies for others, and leaves Weaks with the old data',
  limit,
  () => {
    const arc = new Arc({ n: [1] })
    {
      using data = Arc.makeMut(arc)
      data.value.n.push(2)
    }
    const other = Arc.clone(arc)
    {
      using data = Arc.makeMut(arc)
      data.value.n.push(3)
    }
    assert.deepEqual(
      [arc.value.n, other.value.n],
      [
        [1, 2, 3],
        [1, 2],
      ],
    )
    assert.equal(Arc.ptrEq(arc, other), false)
    assert.equal(Arc.strongCount(other), 1)
    const weak = Arc.downgrade(arc)
    {
      using data = Arc.makeMut(arc)
      data.value.n.push(4)
    }
    assert.equal(weak.upgrade(), undefined)
    assert.deepEqual(arc.value.n, [1, 2, 3, 4])
    assert.throws(() => Arc.makeMut(new Arc(new Mutex(0)) as never), NotSendError)
  },
)

test('no handle record is leaked', limit, () => {
  const before = records()
  for (let i = 0; i < 100; i++) {
    const arc = new Arc({ n: i })
    const weak = Arc.downgrade(arc)
    const weak2 = Arc.downgrade(weak.upgrade()!)
    const got = weak.upgrade()!
    end(arc)
    {
      using data = Arc.makeMut(got)
      data.value.n++
    }
    end(weak2)
    end(weak)
    end(got)
  }
  // One upgrade per round is left to the garbage collector.
  assert.ok(records() - before <= 100, `${records() - before} records`)
})

test('an Arc of a Sender has no weak owners', limit, () => {
  const [tx] = mpsc.channel<number>()
  const arc = new Arc(tx)
  assert.throws(() => Arc.downgrade(arc), NotSendError)
  assert.equal(Arc.weakCount(arc), 0)
})

test('an empty Weak never upgrades, crosses threads, and leaks nothing', limit, async () => {
  const before = records()
  const weak = new Weak<{ n: number }>()
  assert.equal(weak.upgrade(), undefined)
  assert.equal(await thread.spawn(move(() => weak.upgrade())).join(), undefined)
  const tree = new Arc({ parent: weak })
  const { parent } = tree.value
  assert.equal(parent.upgrade(), undefined)
  for (const each of [parent, tree, weak]) end(each)
  assert.throws(() => weak.upgrade(), DroppedError)
  // Garbage of earlier tests may be dropped in the meantime.
  assert.ok(records() <= before, `${records() - before} records`)
})
