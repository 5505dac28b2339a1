/** Tests of guards: a value of any plain type is decoded at its first use and written back at the release. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, DroppedError, Mutex, NotSendError, drop, move, mpsc, thread, type Receiver, type Sender } from 'fearless'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }

const VALUES: Record<string, unknown> = {
  zero: 0,
  minusZero: -0,
  nan: NaN,
  infinity: Infinity,
  fraction: 0.1,
  safe: 2 ** 53,
  tiny: 5e-324,
  empty: '',
  text: 'text',
  umlauts: 'äöü',
  wide: '日本語 🦀',
  lone: '\ud800',
  long: 'ab'.repeat(50_000),
  yes: true,
  no: false,
  undefined: undefined,
  null: null,
  bigint: 2n ** 200n,
  minusBigint: -1n,
  object: { a: 1, b: { c: [1, 'x', null] } },
  array: [1, 2.5, 'x', undefined, null, true],
  holes: Object.assign(new Array<number>(3), { 0: 1, 2: 3 }),
  map: new Map<unknown, unknown>([
    ['k', 1],
    [{ o: 1 }, [2]],
  ]),
  set: new Set([1, 'a', NaN]),
  date: new Date(1e12),
  regexp: /a+/giu,
  bytes: new Uint8Array([1, 2, 255]),
  floats: new Float64Array([0.5, -0]),
}

test('every plain value is read as it was written, in main and in a thread', limit, async () => {
  for (const [name, value] of Object.entries(VALUES)) {
    const expected = structuredClone(value)
    const m = new Arc(new Mutex(structuredClone(value) as string))
    const [tx, rx] = mpsc.channel<string>()
    {
      using g = m.lock().wait()
      assert.deepEqual(g.value, expected, name)
    }
    await thread
      .spawn(
        move(() => {
          using g = m.lock().wait()
          tx.send(structuredClone(g.value))
        }),
      )
      .join()
    assert.deepEqual(await rx.recv(), expected, name)
    using g = m.lock().wait()
    assert.deepEqual(g.value, expected, name)
  }
})

test('a value of one type replaces a value of another', limit, () => {
  const m = new Mutex<unknown>(0 as never)
  for (let round = 0; round < 2; round++) {
    for (const [name, value] of Object.entries(VALUES)) {
      const expected = structuredClone(value)
      {
        using g = m.lock().wait()
        g.value = structuredClone(value)
        assert.deepEqual(g.value, expected, name)
      }
      using g = m.lock().wait()
      assert.deepEqual(g.value, expected, name)
    }
  }
})

test('changes inside the value count, by guard and by with, in every thread', limit, async () => {
  const m = new Arc(new Mutex({ list: [0], by: new Map<string, number>() }))
  for (let i = 1; i <= 4; i++) {
    await thread
      .spawn(
        move(() => {
          using g = m.lock().wait()
          g.value.list.push(i)
          g.value.by.set(`thread ${i}`, i)
        }),
      )
      .join()
    m.with(v => void v.list.push(-i)).wait()
  }
  using g = await m.lock()
  assert.deepEqual(g.value.list, [0, 1, -1, 2, -2, 3, -3, 4, -4])
  assert.equal(g.value.by.get('thread 3'), 3)
})

test('a change after the release throws and leaves the value unchanged', limit, () => {
  const m = new Mutex([1])
  const g = m.lock().wait()
  const list = g.value
  drop(g)
  assert.throws(() => list.push(2), TypeError)
  assert.deepEqual(m.lock().wait().value, [1])
})

test('a released guard refuses reads and writes, and a second release does nothing', limit, () => {
  const m = new Mutex(1)
  const g = m.lock().wait()
  end(g)
  assert.throws(() => g.value, { name: 'DroppedError', code: 'FL0007' })
  assert.throws(() => (g.value = 2), DroppedError)
  const second = m.lock().wait()
  end(g)
  assert.equal(m.lock().try(), undefined)
  drop(second)
})

test('a value that cannot be sent is refused at once and the old value stays', limit, () => {
  const f = (): void => {}
  assert.throws(() => new Mutex(f as never), NotSendError)
  const m = new Mutex<unknown>({ a: 1 } as never)
  {
    using g = m.lock().wait()
    assert.throws(() => (g.value = { f }), NotSendError)
    assert.deepEqual(g.value, { a: 1 })
  }
  assert.throws(() => m.update(() => f as never).wait(), NotSendError)
  m.clearPoison()
  // Inside the value, it is found when the guard writes the value back. The lock is released all the same.
  assert.throws(() => {
    using g = m.lock().wait()
    ;(g.value as { f?: unknown }).f = f
  }, NotSendError)
  using g = m.lock().wait()
  assert.deepEqual(g.value, { a: 1 })
})

test('each message goes to one of several threads that share a Receiver in a Mutex', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const shared = new Arc(new Mutex(rx))
  const workers = Array.from({ length: 3 }, () =>
    thread.spawn(
      move(() => {
        const got: number[] = []
        for (;;) {
          using r = shared.lock().wait()
          const { value, done } = r.value[Symbol.iterator]().next()
          if (done === true) return got
          got.push(value)
        }
      }),
    ),
  )
  for (let i = 0; i < 3000; i++) tx.send(i)
  drop(tx)
  const all = (await Promise.all(workers.map(w => w.join()))).flat()
  assert.deepEqual(
    all.sort((a, b) => a - b),
    Array.from({ length: 3000 }, (_, i) => i),
  )
})

test(
  'channel ends in a Mutex live as long as the Mutex, and are dropped with a thread that holds them',
  limit,
  async () => {
    const [tx, rx] = mpsc.channel<number>()
    const m = new Mutex<{ tx: Sender<number>; n: number }>({ tx, n: 1 })
    m.with(v => v.tx.send(v.n)).wait()
    assert.equal(await rx.recv(), 1)
    assert.equal(rx.recv().try(), undefined)
    drop(m)
    assert.throws(() => rx.recv().try(), { name: 'ClosedError' })

    const [tx2, rx2] = mpsc.channel<number>()
    const held = new Arc(new Mutex<Receiver<number>>(rx2))
    await thread
      .spawn(
        move(() => {
          void held.lock().wait().value
        }),
      )
      .join()
    assert.throws(() => tx2.send(1), { name: 'ClosedError' })
    assert.equal(held.isPoisoned, true)
    held.clearPoison()
    using g = held.lock().wait()
    assert.throws(() => g.value, DroppedError)
    const [tx3, rx3] = mpsc.channel<number>()
    g.value = rx3
    tx3.send(5)
    assert.equal(g.value.recv().wait(), 5)
  },
)
