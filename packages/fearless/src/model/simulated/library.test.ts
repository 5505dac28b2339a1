/** The public API of the library inside a model. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  ModelFailure,
  Mutex,
  drop,
  model,
  move,
  mpsc,
  parIter,
  select,
  sleep,
  task,
  thread,
  timeout,
} from 'fearless/model'

const limit = { timeout: 60_000 }
/** A bound that suffices for the tests here. */
const few = { preemptions: 1, budgetMs: 20_000 }

test('arguments move to a thread and its result comes back', limit, () => {
  const { complete, executions } = model(() => {
    const [tx, rx] = mpsc.channel<number>()
    const handle = thread.spawn(
      (tx, n) => {
        tx.send(n)
        return n * 2
      },
      tx,
      21,
    )
    assert.equal(rx.recv().wait(), 21)
    assert.equal(handle.join().wait(), 42)
    assert.throws(() => tx.send(1), { name: 'MovedError' })
  }, few)
  assert.ok(complete && executions > 10)
})

test('a captured sender moves, and its drop in the thread ends the loop', limit, () => {
  const { complete } = model(() => {
    const [tx, rx] = mpsc.channel<number>()
    const handle = thread.spawn(
      move(() => {
        tx.send(1)
        drop(tx)
      }),
    )
    assert.deepEqual([...rx], [1])
    handle.join().wait()
  }, few)
  assert.ok(complete)
})

test('the lock of a shared Arc excludes other threads', limit, () => {
  const { complete } = model(() => {
    const counter = new Arc(new Mutex(0))
    const handle = thread.spawn(
      move(() => {
        using n = counter.lock().wait()
        n.value += 1
      }),
    )
    {
      using n = counter.lock().wait()
      n.value += 1
    }
    handle.join().wait()
    using n = counter.lock().wait()
    assert.equal(n.value, 2)
  }, few)
  assert.ok(complete)
})

test('a lost update is found and its interleaving can be replayed', limit, () => {
  const program = (): void => {
    const n = new AtomicI32(0)
    const handle = thread.spawn(move(() => n.store(n.load() + 1)))
    n.store(n.load() + 1)
    handle.join().wait()
    assert.equal(n.load(), 2)
  }
  let replay = ''
  assert.throws(
    () => model(program, few),
    (error: unknown) => {
      assert.ok(error instanceof ModelFailure)
      assert.equal(error.code, 'FL5001')
      // A call of the library is one row, and the lines of the closure are lines of this file.
      assert.match(
        error.message,
        /library\.test\.ts:\d+ {2}const handle = thread\.spawn\(move\(\(\) => n\.store\(n\.load\(\) \+ 1\)\)\)/,
      )
      assert.match(error.message, /\(last of \d+\)/)
      // A worker's step has no source line in the thread below it on the stack.
      const lines = error.trace.filter(({ name }) => name !== 'main').map(({ source }) => source?.text ?? '')
      assert.ok(lines.some(text => text.includes('n.store(n.load() + 1)')))
      assert.deepEqual(
        lines.filter(text => text !== '' && !text.includes('move(')),
        [],
      )
      assert.doesNotMatch(error.message, /\.fl-/)
      replay = error.replay
      return true
    },
  )
  assert.throws(() => model(program, { replay }), ModelFailure)
})

test('a wait without a notifier is a deadlock', limit, () => {
  assert.throws(
    () =>
      model(() => {
        const [tx, rx] = mpsc.channel<number>()
        const handle = thread.spawn(move(() => rx.recv().wait()))
        handle.join().wait()
        drop(tx)
      }, few),
    { code: 'FL5002' },
  )
})

test('a panic reaches the thread that joins', limit, () => {
  model(() => {
    const handle = thread.spawn(() => {
      throw new TypeError('no')
    })
    assert.throws(() => handle.join().wait(), { name: 'TypeError', message: 'no' })
  }, few)
})

test('a select takes one message and leaves the other', limit, () => {
  const { complete } = model(() => {
    const [[txA, a], [txB, b]] = [mpsc.channel<number>(), mpsc.channel<number>()]
    const handle = thread.spawn(
      move(() => {
        txA.send(1)
        txB.send(2)
      }),
    )
    const { key, value } = select({ a: a.recv(), b: b.recv() }).wait()
    handle.join().wait()
    assert.equal(value, key === 'a' ? 1 : 2)
    assert.equal(key === 'a' ? b.recv().try() : a.recv().try(), key === 'a' ? 2 : 1)
  }, few)
  assert.ok(complete)
})

test('a small parallel iterator runs inline', limit, () => {
  model(() =>
    assert.equal(
      parIter([1, 2, 3])
        .map(x => x * x)
        .sum()
        .wait(),
      14,
    ),
  )
})

test('every execution begins with a new heap', limit, () => {
  const ids = new Set<number>()
  model(() => {
    assert.equal(thread.current().id, 1)
    ids.add(
      thread
        .spawn(() => thread.current().id)
        .join()
        .wait(),
    )
  }, few)
  assert.equal(ids.size, 1)
})

const run = (args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8', timeout: 50_000 })

test('a function with captures runs in place without the compiler', limit, () => {
  const { stdout, stderr } = run(['--conditions=fearless-model', 'library.fixture.ts'])
  assert.equal(stdout, 'explored\n', stderr)
})

test('a captured handle can be used but not dropped without the compiler', limit, () => {
  const text = `
    import { drop, model, mpsc, thread } from 'fearless/model'
    model(() => {
      const [tx, rx] = mpsc.channel()
      thread.spawn(() => drop(tx))
      rx.recv().wait()
    })`
  const { stderr } = run(['--input-type=module', '--eval', text])
  assert.match(stderr, /This Sender belongs to another thread: a function that captures runs in place/)
})

test('an async program awaits the results of its threads', limit, async () => {
  const { complete, executions } = await model(async () => {
    const [tx, rx] = mpsc.channel<number>()
    const handle = thread.spawn(move(() => tx.send(1)))
    assert.equal(await rx.recv(), 1)
    await handle.join()
    await assert.rejects(async () => rx.recv(), { name: 'ClosedError' })
  }, few)
  assert.ok(complete && executions > 10, `${executions} interleavings`)
})

test('tasks of an event loop take turns at a lock in virtual time', limit, async () => {
  const started = performance.now()
  const { complete, executions } = await model(async () => {
    const account = new Mutex(0)
    async function add(): Promise<void> {
      using balance = await account.lock()
      const old = balance.value
      await sleep(60_000)
      balance.value = old + 1
    }
    await Promise.all([task.spawn(add), task.spawn(add)])
    using balance = await account.lock()
    assert.equal(balance.value, 2)
  })
  assert.ok(complete && executions > 1, `${executions} interleavings`)
  assert.ok(performance.now() - started < 60_000)
})

test('an update that is lost across an await is found', limit, async () => {
  await assert.rejects(
    model(async () => {
      const account = new Mutex(0)
      async function add(): Promise<void> {
        const old = await account.with(balance => balance)
        await account.update(() => old + 1)
      }
      await Promise.all([task.spawn(add), task.spawn(add)])
      assert.equal(await account.with(balance => balance), 2)
    }),
    { code: 'FL5001' },
  )
})

test('a timeout and a message at the same time win in both orders', limit, async () => {
  const seen = new Set<string>()
  const { complete } = await model(async () => {
    const [tx, rx] = mpsc.channel<number>()
    const late = task.spawn(async () => {
      await sleep(5)
      tx.send(1)
    })
    const first = await timeout(5, () => rx.recv()).then(String, (error: Error) => error.name)
    seen.add(first)
    await late
  })
  assert.ok(complete)
  assert.deepEqual([...seen].sort(), ['1', 'TimeoutError'])
})
