/** Handles and their memory: 100,000 rounds of creating and dropping an object leave the heap at its size. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Arc, AtomicI32, DroppedError, Mutex, drop, move, mpsc, thread, type Sender } from 'fearless'
import { HEAP_TOP, i32 } from '../../../dist/internal.js'
import { keep, useKept } from '../kept.fixture.ts'

const limit = { timeout: 60_000 }
const ROUNDS = 100_000

const top = (): number => i32[HEAP_TOP >> 2]

/** The heap does not grow after the first few thousand rounds. */
function staysFlat(rounds: number, f: (i: number) => void): void {
  for (let i = 0; i < 3000; i++) f(i)
  const before = top()
  for (let i = 0; i < rounds; i++) f(i)
  assert.ok(top() - before <= 131_072, `the heap grew by ${top() - before} bytes`)
}

const kinds: Record<string, (i: number) => void> = {
  'Mutex of a number': i => drop(new Mutex(i)),
  'Mutex of an object': i => drop(new Mutex({ i, text: 'x'.repeat(i % 300) })),
  'Mutex whose value changes size': i => {
    const m = new Mutex<unknown>(i as never)
    m.update(() => 'x'.repeat(i % 500) as never).wait()
    m.with(() => {}).wait()
    m.update(() => i as never).wait()
    drop(m)
  },
  'Mutex of a Receiver': () => {
    const [tx, rx] = mpsc.channel<number>()
    const m = new Mutex(rx)
    tx.send(1)
    assert.equal(m.with(r => r.recv().try()).wait(), 1)
    drop(m)
    drop(tx)
  },
  'Arc and its clones': i => {
    const arc = new Arc({ i, list: [1, 2, 3] })
    const other = Arc.clone(arc)
    drop(arc)
    assert.equal(other.value.i, i)
    drop(other)
  },
  'Arc that is unwrapped': i => void Arc.tryUnwrap(new Arc([i])),
  AtomicI32: i => drop(new AtomicI32(i)),
  'unbounded channel': i => {
    const [tx, rx] = mpsc.channel<number | string>()
    const second = tx.clone()
    tx.send(i)
    second.send('x'.repeat(i % 3000))
    rx.recv().try()
    // The sender and the receiver alternate in being dropped first. One message is never received.
    if (i % 2 === 0) drop(rx)
    drop(tx)
    drop(second)
    if (i % 2 === 1) drop(rx)
  },
  'bounded channel': i => {
    const [tx, rx] = mpsc.channel<number>(2)
    tx.send(i).try()
    drop(tx)
    drop(rx)
  },
  rendezvous: i => {
    const [tx, rx] = mpsc.channel<number>(0)
    assert.throws(() => tx.send(i).try())
    drop(tx)
    drop(rx)
  },
  'handles inside of messages that nobody reads': () => {
    const [tx, rx] = mpsc.channel<Sender<number>>()
    const [inner, innerRx] = mpsc.channel<number>()
    tx.send(inner)
    drop(rx)
    drop(tx)
    drop(innerRx)
  },
  'sends that are refused': () => {
    const [tx, rx] = mpsc.channel<unknown>()
    const shared = new Arc({ a: 1 })
    drop(rx)
    assert.throws(() => tx.send({ shared, tx } as never))
    drop(shared)
    drop(tx)
  },
}

for (const [kind, round] of Object.entries(kinds)) {
  test(`100,000 rounds of one kind of object leave the heap at its size: ${kind}`, limit, () =>
    staysFlat(kind.includes('refused') || kind === 'rendezvous' ? ROUNDS / 10 : ROUNDS, round),
  )
}

test('a million messages through one channel leave the heap at its size', limit, () => {
  const [tx, rx] = mpsc.channel<unknown>()
  staysFlat(ROUNDS, i => {
    for (let k = 0; k < 10; k++) tx.send((k % 2 === 0 ? i : { i, text: 'x'.repeat(k * 10) }) as never)
    for (const message of rx.tryIter()) assert.notEqual(message, undefined)
  })
})

test('handles that a thread received are dropped when it finishes', limit, async () => {
  const round = async (): Promise<void> => {
    const [tx, rx] = mpsc.channel<Arc<Mutex<number>>>()
    const m = new Arc(new Mutex(0))
    const threads = [0, 1].map(() => {
      const mine = tx.clone()
      return thread.spawn(
        move(() => {
          for (let i = 0; i < 20; i++) mine.send(Arc.clone(m))
        }),
      )
    })
    drop(tx)
    // The other handles are never received.
    for (let i = 0; i < 10; i++) drop(await rx.recv())
    for (const t of threads) await t.join()
    drop(rx)
    assert.equal(Arc.strongCount(m), 1)
    drop(m)
  }
  for (let i = 0; i < 50; i++) await round()
  const before = top()
  for (let i = 0; i < 500; i++) await round()
  assert.ok(top() - before <= 262_144, `the heap grew by ${top() - before} bytes`)
})

test('the garbage collector drops handles whose drop no thread observes', limit, async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const keep = new Arc({ kept: true })
  const makers = [() => new Arc([1]), () => new AtomicI32(1), () => new Arc(new Mutex('text')), () => Arc.clone(keep)]
  const round = async (): Promise<void> => {
    for (let i = 0; i < 4000; i++) makers[i % makers.length]()
    gc()
    // Finalizers run in a later turn of the loop.
    for (let i = 0; i < 3; i++) await new Promise(resolve => void setImmediate(resolve))
  }
  for (let i = 0; i < 5; i++) await round()
  const before = top()
  for (let i = 0; i < 20; i++) await round()
  assert.ok(top() - before <= 131_072, `the heap grew by ${top() - before} bytes`)
  gc()
  await thread.yieldNow()
  assert.deepEqual(keep.value, { kept: true })
})

test('a Sender in a block is dropped at its place in the order of the using declarations', limit, () => {
  const ended: string[] = []
  const [tx, rx] = mpsc.channel<number>()
  {
    using _tx = tx
    using _order = { [Symbol.dispose]: () => void ended.push(isClosed() ? 'after' : 'before') }
  }
  ended.push(isClosed() ? 'after' : 'before')
  assert.deepEqual(ended, ['before', 'after'])
  assert.throws(() => tx.send(1), DroppedError)

  function isClosed(): boolean {
    try {
      rx.recv().try()
      return false
    } catch {
      return true
    }
  }
})

test('a handle that outlives its thread throws DroppedError', limit, async () => {
  const a = new AtomicI32(1)
  let name: string | undefined
  // After some rounds, a worker that keeps a handle runs the next thread as well.
  for (let i = 0; i < 200 && name === undefined; i++) {
    await thread.spawn(move(() => keep(a)))
    name = await thread.spawn(() => useKept())
  }
  assert.equal(name, 'DroppedError')
})
