/** Weak owners, and the ways to have an Arc's thing for oneself: each answers exactly one of those who ask. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, AtomicI32, DroppedError, Mutex, NotSendError, RwLock, drop, move, mpsc, thread, Weak } from 'fearless'
import { HANDLES, HANDLE_OWNER, core, i32 } from '../../dist/internal.js'

/** `drop` as tsc would not have it: the name is used again, to see that this fails. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }

/** How many records of handles this process has. */
function records(): number {
  let count = 0
  for (let at = core.nextThing(HANDLES, 0); at !== 0; at = core.nextThing(HANDLES, at))
    if (Atomics.load(i32, (at + HANDLE_OWNER) >> 2) === 1) count++
  return count
}

test('a weak owner upgrades until the last owner is gone, for data and for things', limit, () => {
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

test('what an Arc holds ends with its last owner, whatever weak owners there are', limit, () => {
  const [tx, rx] = mpsc.channel<number>()
  const arc = new Arc(new Mutex(tx))
  const weak = Arc.downgrade(arc)
  drop(arc)
  assert.throws(() => rx.recv().try(), { name: 'ClosedError' })
  assert.equal(weak.upgrade(), undefined)
})

test('weak owners cross threads and count there', limit, async () => {
  const arc = new Arc([1, 2])
  const weak = Arc.downgrade(arc)
  const sum = await thread
    .spawn(move(() => (weak.upgrade()?.value.length ?? 0) + Arc.weakCount(weak.upgrade()!)))
    .join()
  assert.equal(sum, 4)
  assert.equal(Arc.weakCount(arc), 1)
  assert.equal(Arc.strongCount(arc), 1)
})

test('upgrading while the last owner goes: the thing or nothing', limit, async () => {
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
          if (got.value.round !== round) throw new Error('another thing')
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

test('a cyclic Arc: its weak owner does not upgrade before it is there', limit, () => {
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

test('tryUnwrap succeeds beside weak owners, which find nothing afterwards', limit, async () => {
  const data = new Arc({ n: [1] })
  const weakData = Arc.downgrade(data)
  assert.deepEqual(Arc.tryUnwrap(data), { n: [1] })
  assert.equal(weakData.upgrade(), undefined)

  const arc = new Arc(new Mutex(5))
  const weak = Arc.downgrade(arc)
  const own = Arc.tryUnwrap(arc)!
  assert.equal(weak.upgrade(), undefined)
  // Put into an Arc again, it is another thing to those who knew it before.
  const second = new Arc(own)
  assert.equal(weak.upgrade(), undefined)
  const weak2 = Arc.downgrade(second)
  assert.equal(weak2.upgrade()!.lock().wait().value, 5)
})

test('intoInner on all owners in several threads: exactly one gets it', limit, async () => {
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

test('getMut: only for the only owner, weak ones count; the Arc is not to be used meanwhile', limit, () => {
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

test('makeMut: in place for the only owner, a copy where others have it, weak owners left behind', limit, () => {
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
})

test('no record is left over', limit, () => {
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

test('an empty Weak never upgrades, crosses threads, and leaves nothing behind', limit, async () => {
  const before = records()
  const weak = new Weak<{ n: number }>()
  assert.equal(weak.upgrade(), undefined)
  assert.equal(await thread.spawn(move(() => weak.upgrade())).join(), undefined)
  const tree = new Arc({ parent: weak })
  const { parent } = tree.value
  assert.equal(parent.upgrade(), undefined)
  for (const each of [parent, tree, weak]) end(each)
  assert.throws(() => weak.upgrade(), DroppedError)
  // What earlier tests have forgotten may end meanwhile.
  assert.ok(records() <= before, `${records() - before} records`)
})
