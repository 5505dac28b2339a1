/**
 * Handles that a task, a job or an initialiser made, and that no code takes over, are dropped: channels close, Arcs
 * lose an owner. Every way to produce a value that is not handed over, with every position of a handle in it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  ClosedError,
  JoinSet,
  OnceLock,
  drop,
  mpsc,
  oneshot,
  select,
  sleep,
  task,
  timeout,
  type Sender,
} from 'fearless'

const limit = { timeout: 30_000 }

type Make = () => unknown

const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise<void>(resolve => void setImmediate(resolve))
}
/** Makes the value after the gate has opened, even if its task was aborted. */
const late =
  (gate: Promise<void>, make: Make): (() => Promise<unknown>) =>
  async () => {
    await gate
    return make()
  }
const ignored = (promise: PromiseLike<unknown>): void => void promise.then(undefined, () => {})

const WAYS: Record<string, (make: Make, gate: Promise<void>) => Promise<unknown>> = {
  async 'a task that was aborted'(make, gate) {
    const handle = task.spawn(late(gate, make))
    await turns()
    handle.abort()
  },
  async 'a task that was aborted and takes its signal'(make, gate) {
    const handle = task.spawn(async _signal => await late(gate, make)())
    ignored(handle)
    await turns()
    handle.abort()
  },
  async 'a task whose handle was dropped at once'(make) {
    drop(task.spawn(make))
    await turns()
  },
  async 'a task whose handle was dropped at last'(make) {
    const handle = task.spawn(make)
    await turns()
    drop(handle)
  },
  async 'a JoinSet that was disposed, with a result'(make) {
    using set = new JoinSet<unknown>()
    set.spawn(make)
    await turns()
  },
  async 'a JoinSet that was disposed, before'(make, gate) {
    using set = new JoinSet<unknown>()
    set.spawn(late(gate, make))
    await turns()
  },
  async 'a JoinSet that was shut down'(make) {
    await using set = new JoinSet<unknown>()
    set.spawn(make)
    await turns()
  },
  async 'joinAll, of which one throws'(make) {
    const set = new JoinSet<unknown>()
    set.spawn(make)
    set.spawn(async () => {
      await turns()
      throw new Error('one')
    })
    set.spawn(async () => {
      await turns()
      await turns()
      return make()
    })
    await assert.rejects(set.joinAll(), /one/)
    await turns()
    await turns()
  },
  async 'a job whose time was over'(make, gate) {
    await assert.rejects(timeout(1, late(gate, make)))
  },
  async 'a job in a task that was aborted'(make, gate) {
    const handle = task.spawn(() => timeout(1e6, late(gate, make)))
    await turns()
    handle.abort()
  },
  async 'a scope whose child threw'(make) {
    const scope = task.scope(async s => {
      s.spawn(async () => {
        await turns()
        throw new Error('child')
      })
      return make()
    })
    await assert.rejects(scope, /child/)
  },
  async 'a child of a scope that threw'(make, gate) {
    const scope = task.scope(async s => {
      s.spawn(late(gate, make))
      await turns()
      throw new Error('scope')
    })
    ignored(scope)
    await turns()
  },
  async 'a message that a task has received'(make, gate) {
    const [tx, rx] = mpsc.channel<unknown>()
    const handle = task.spawn(async _signal => {
      const value = await rx.recv()
      await gate
      return value
    })
    ignored(handle)
    await turns()
    tx.send(make() as never)
    await turns()
    handle.abort()
  },
  async 'a message that no code received'(make) {
    const [tx, rx] = mpsc.channel<unknown>()
    tx.send(make() as never)
    drop(rx)
  },
  async 'a oneshot that no code received'(make) {
    const [tx, rx] = oneshot.channel<unknown>()
    tx.send(make() as never)
    drop(rx)
  },
  async 'a receive that a select passed by'(make) {
    const [tx, rx] = mpsc.channel<unknown>()
    const chosen = await select({ late: sleep(1), message: rx.recv() })
    assert.equal(chosen.key, 'late')
    tx.send(make() as never)
    drop(rx)
  },
  async 'a receive that was limited'(make) {
    const [tx, rx] = mpsc.channel<unknown>()
    await assert.rejects(async () => await rx.recv().within(1))
    tx.send(make() as never)
    drop(rx)
  },
  async 'a OnceLock that was set before'(make) {
    const cell = new OnceLock<number>()
    await cell.set(1)
    assert.equal(await cell.getOrInit(() => make() as never), 1)
  },
}

const PLACES: Record<string, (tx: Sender<number>, arc: Arc<AtomicI32>) => unknown> = {
  'by itself': tx => tx,
  'in an array': (tx, arc) => [1, [tx, arc]],
  'in an object': (tx, arc) => ({ deep: { tx, arc } }),
  'in a Map': (tx, arc) => new Map([['x', { tx, arc }]]),
}

for (const [way, run] of Object.entries(WAYS)) {
  for (const [place, put] of Object.entries(PLACES)) {
    test(`handles that are not handed over are dropped: ${way}, ${place}`, limit, async () => {
      const [tx, rx] = mpsc.channel<number>()
      const arc = new Arc(new AtomicI32(0))
      const gate = Promise.withResolvers<void>()
      const clones = (): unknown => put(tx.clone(), Arc.clone(arc))
      await run(place === 'by itself' ? () => tx.clone() : clones, gate.promise)
      gate.resolve()
      await turns()
      drop(tx)
      await assert.rejects(async () => await rx.recv().within(5000), ClosedError)
      // A message shares an Arc, whose clone is still here.
      if (!/message|receive|oneshot/.test(way)) assert.equal(Arc.strongCount(arc), 1)
    })
  }
}

test('handles that are handed over, or that existed before, are not dropped', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const gate = Promise.withResolvers<void>()
  // The handle existed before the task that returns it was aborted.
  const aborted = task.spawn(async () => {
    await gate.promise
    return tx
  })
  await turns()
  aborted.abort()
  gate.resolve()
  await turns()
  tx.send(1)
  // The handle was joined before the task's handle was dropped.
  const handle = task.spawn(async () => ({ own: tx.clone() }))
  const { own } = await handle
  drop(handle)
  own.send(2)
  // The handle was joined before the set was disposed.
  const set = new JoinSet<Sender<number>>()
  set.spawn(async () => tx.clone())
  const third = (await set.joinNext())!
  set[Symbol.dispose]()
  third.send(3)
  // The set was detached, so the handle stays.
  const detached = set.spawn(async () => tx.clone())
  set.detachAll()
  const fourth = await detached
  fourth.send(4)
  // The task keeps a handle that is not in its result.
  const kept: Sender<number>[] = []
  const keeping = task.spawn(async () => {
    kept.push(tx.clone())
    return 1
  })
  await turns()
  drop(keeping)
  kept[0].send(5)
  const all = await new (class {
    set = new JoinSet<Sender<number>>()
    async run(): Promise<Sender<number>[]> {
      this.set.spawn(async () => tx.clone())
      return await this.set.joinAll()
    }
  })().run()
  all[0].send(6)
  assert.deepEqual([...rx.tryIter()], [1, 2, 3, 4, 5, 6])
})
