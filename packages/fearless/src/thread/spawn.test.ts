/** Spawning: which values a closure may move, which are refused, and which results return. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  closure,
  Arc,
  AtomicI32,
  MovedError,
  Mutex,
  NotSendError,
  Rc,
  clone,
  drop,
  move,
  mpsc,
  thread,
  type JoinHandle,
  type Receiver,
  type Sender,
  type Thread,
} from 'fearless'

const limit = { timeout: 20_000 }

test('a join returns the value of the closure', limit, async () => {
  const values = [
    undefined,
    null,
    true,
    -0,
    NaN,
    1.5,
    10n,
    '',
    'ü\ud800',
    [1, [2]],
    { a: { b: new Date(5) } },
    new Map([[1, new Set(['x'])]]),
  ]
  for (const value of values) {
    const given = clone(value)
    assert.deepEqual(await thread.spawn(move(() => given as string)).join(), value)
  }
})

test('arguments reach the closure', limit, async () => {
  const sum = await thread.spawn((a: number, b: { c: number[] }) => a + b.c[1], 20, { c: [0, 22] }).join()
  assert.equal(sum, 42)
})

// Without the compiler a self-contained function crosses as its text: runtimes/programs/no-compiler.ts.
for (const [kind, f] of Object.entries({
  'of another text': (0, eval)('() => 42'),
  'that names a global': () => Math.max(6, 7),
  'that captures': (
    (base: number) => () =>
      base + 2
  )(40),
})) {
  test(`a function ${kind} that reaches spawn unmarked is refused`, limit, () => {
    const inBackground = (f: () => number) => thread.spawn(f).join()
    assert.throws(() => inBackground(f as () => number), {
      code: 'FL2003',
      message:
        /^The compiler did not extract this function from its file, .*Mark it where it is written: `closure\(\(\) => \.\.\.\)`/,
    })
  })
}

test('a marked function can be spawned by functions of the program', limit, async () => {
  const inBackground = (f: () => number) => thread.spawn(f).join()
  const counter = new Arc(new Mutex(40))
  const [n, list] = [2, [1]]
  assert.equal(await inBackground(closure(() => 6 * 7)), 42)
  assert.equal(await inBackground(closure(() => counter.update(m => m + n).wait())), 42)
  assert.equal(await inBackground(move(() => list.length)), 1)
})

test('a marked function that borrows data is refused by spawn and accepted by a scope', limit, async () => {
  const list = [1, 2]
  const inBackground = (f: () => number) => thread.spawn(f).join()
  assert.throws(() => inBackground(closure(() => list.length)), {
    code: 'FL2003',
    message: /^This closure borrowed `list`, .*Write `move\(\(\) => \.\.\.\)`/,
  })
  const within = (f: () => number) => thread.scope(s => s.spawn(f).join())
  assert.equal(await within(closure(() => list.length)), 2)
})

test('a join returns the resolved value of an async closure, and the result of a returned Wait', limit, async () => {
  assert.equal(
    await thread
      .spawn(async () => {
        await thread.yieldNow()
        return 'late'
      })
      .join(),
    'late',
  )
  const [tx, rx] = mpsc.channel<number>()
  tx.send(5)
  assert.equal(await thread.spawn(move(() => rx.recv())).join(), 5)
})

test('main may block on a join', limit, () => {
  assert.equal(
    thread
      .spawn(() => 1)
      .join()
      .wait(),
    1,
  )
  assert.equal(
    thread
      .spawn(async () => {
        await thread.yieldNow()
        return 2
      })
      .join()
      .wait(),
    2,
  )
})

test('threads spawn threads, twenty deep, blocking', limit, () => {
  function nest(depth: number): number {
    return depth === 0
      ? 0
      : 1 +
          thread
            .spawn((d: number) => nest(d), depth - 1)
            .join()
            .wait()
  }
  assert.equal(nest(20), 20)
})

test('threads spawn threads, twenty deep, yielding', limit, async () => {
  async function nest(depth: number): Promise<number> {
    return depth === 0 ? 0 : 1 + (await thread.spawn((d: number) => nest(d), depth - 1).join())
  }
  assert.equal(await nest(20), 20)
})

test('writes before spawn are visible to the thread, and its writes are visible after the join', limit, () => {
  const word = new AtomicI32(0)
  for (let i = 0; i < 200; i++) {
    word.store(i)
    assert.equal(
      thread
        .spawn(move(() => word.fetchAdd(1)))
        .join()
        .wait(),
      i,
    )
    assert.equal(word.load(), i + 1)
  }
})

test('a typed array of 64 MB is moved and the original is detached', limit, async () => {
  const large = new Float64Array(8 << 20)
  large[8_000_000] = 7
  const { buffer } = large
  const handle = thread.spawn((data: Float64Array) => {
    data[1] = data[8_000_000]
    return data
  }, large)
  assert.throws(() => buffer.byteLength, MovedError)
  assert.throws(() => large.length, MovedError)
  const back = await handle.join()
  assert.equal(back.length, 8 << 20)
  assert.equal(back[1], 7)
})

test('handles can be arguments and results of threads', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const sender = await thread
    .spawn((s: Sender<number>) => {
      s.send(1)
      return s
    }, tx)
    .join()
  assert.throws(() => tx.send(0), MovedError)
  const receiver = await thread.spawn((r: Receiver<number>) => r, rx).join()
  sender.send(2)
  assert.deepEqual([await receiver.recv(), await receiver.recv()], [1, 2])

  const counter = new Arc(new Mutex(1))
  const same = await thread
    .spawn(
      move(() => {
        counter.update(n => n + 1).wait()
        return counter
      }),
    )
    .join()
  assert.equal(await same.update(n => n + 1), 3)
  assert.ok(Arc.ptrEq(counter, same))

  const { grandchild } = await thread
    .spawn(() => ({ grandchild: thread.builder({ name: 'grandchild' }).spawn(() => 'hello') }))
    .join()
  assert.equal(grandchild.thread.name, 'grandchild')
  assert.equal(await grandchild.join(), 'hello')
  const joiner = thread.spawn(
    (h: JoinHandle<number>) => h.join().wait(),
    thread.spawn(() => 9),
  )
  assert.equal(await joiner.join(), 9)
  const me = thread.current()
  assert.equal(await thread.spawn((main: Thread) => main.name, me).join(), 'main')
})

test('handles that a thread received and did not move are dropped when it finishes', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  thread.spawn(
    move(() => {
      tx.send(1)
      tx.send(2)
    }),
  )
  const got: number[] = []
  for (const value of rx) got.push(value)
  assert.deepEqual(got, [1, 2])

  const [tx2, rx2] = mpsc.channel<number>()
  const failing = thread.spawn(
    move(() => {
      tx2.send(3)
      throw new Error('on purpose')
    }),
  )
  const got2: number[] = []
  for await (const value of rx2) got2.push(value)
  assert.deepEqual(got2, [3])
  await assert.rejects(async () => failing.join(), { message: 'on purpose' })

  // As an argument that the closure does not use.
  const [tx3, rx3] = mpsc.channel<number>()
  await thread.spawn((_unused: Sender<number>) => {}, tx3).join()
  assert.throws(() => rx3.recv().wait(), { code: 'FL0003' })

  // In a result that no thread joins.
  const [tx4, rx4] = mpsc.channel<number>()
  const untaken = thread.spawn((t: Sender<number>) => t, tx4)
  drop(untaken)
  assert.throws(() => rx4.recv().wait(), { code: 'FL0003' })
})

test('a value that may not cross is refused and nothing is moved', limit, async () => {
  class Point {
    x = 1
    double(): number {
      return this.x * 2
    }
  }
  const mutex = new Mutex(1)
  const guard = mutex.lock().wait()
  const refused: readonly unknown[] = [
    () => 1,
    new Rc(5),
    Promise.resolve(1),
    new Point(),
    guard,
    Symbol('s'),
    new WeakMap(),
  ]
  for (const value of refused) {
    const [tx, rx] = mpsc.channel<number>()
    const data = new Uint8Array([1, 2, 3])
    const spawn = () => thread.spawn((_a: Sender<number>, _b: Uint8Array, _c: string) => {}, tx, data, value as never)
    assert.throws(spawn, (error: Error) => {
      assert.ok(error instanceof NotSendError, error.stack ?? '')
      assert.match(error.message, /^argument 3/)
      return true
    })
    assert.equal(data.length, 3)
    tx.send(1)
    assert.equal(rx.recv().wait(), 1)
    drop(tx)
    assert.throws(() => rx.recv().wait(), { code: 'FL0003' })
  }
  guard.value = 2
  drop(guard)
  assert.equal(await thread.spawn(move(() => mutex.update(n => n * 2).wait())).join(), 4)
})

test('the error for a value that may not cross names its variable', limit, () => {
  const inner = { rc: new Rc(5) } as unknown as { rc: string }
  assert.throws(() => thread.spawn(move(() => inner.rc)), /captured `inner`/)
})

test('a moved handle cannot be moved again', limit, () => {
  const [tx] = mpsc.channel<number>()
  thread.spawn((_t: Sender<number>) => {}, tx)
  assert.throws(() => thread.spawn((_t: Sender<number>) => {}, tx), MovedError)
})

test('an object passed as two arguments arrives as one object', limit, async () => {
  const data = { n: 1 }
  assert.equal(await thread.spawn((a: { n: number }, b: { n: number }) => a === b, data, data).join(), true)
})

test('a method, a class and a native function are refused', limit, () => {
  const object = {
    method() {
      return 1
    },
  }
  for (const f of [object.method, class {}, Math.max, (() => 1).bind(null)]) {
    assert.throws(() => (thread.spawn as (f: unknown) => unknown)(f), { code: 'FL2003' })
  }
})

test('a function sent as text that is not self-contained throws ClosureError', limit, async () => {
  const missing = (0, eval)('() => missingName') as () => number
  await assert.rejects(async () => thread.spawn(missing).join(), { code: 'FL2003' })
})

test('10,000 threads can be queued at once', { timeout: 60_000 }, async () => {
  const sum = new AtomicI32(0)
  const handles = Array.from({ length: 10_000 }, (_, i) =>
    thread.spawn(
      move(() => {
        sum.fetchAdd(1)
        return i
      }),
    ),
  )
  let total = 0
  for (const handle of handles) total += await handle.join()
  assert.equal(total, (9_999 * 10_000) / 2)
  assert.equal(sum.load(), 10_000)
})
