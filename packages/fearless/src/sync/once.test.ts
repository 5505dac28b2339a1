/**
 * Tests of Once and OnceLock: one thread initialises and the others wait. A failure poisons a Once and leaves a
 * OnceLock empty.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  DeadlockError,
  DroppedError,
  NotSendError,
  Once,
  OnceLock,
  PoisonError,
  TimeoutError,
  drop,
  move,
  mpsc,
  select,
  sleep,
  thread,
} from 'fearless'

const limit = { timeout: 20_000 }
const BANG = new Error('bang')

function bang(): never {
  throw BANG
}

test('only the first call runs its function, in any thread', limit, async () => {
  const once = new Once()
  assert.equal(once.isCompleted, false)
  assert.equal(once.completed().try(), undefined)
  const ran = new AtomicI32(0)
  assert.equal(await once.callOnce(() => void ran.fetchAdd(1)), true)
  assert.equal(once.callOnce(() => void ran.fetchAdd(1)).wait(), false)
  assert.equal(once.callOnceForce(() => void ran.fetchAdd(1)).try(), false)
  const t = thread.spawn(move(() => once.isCompleted && !once.callOnce(() => void ran.fetchAdd(1)).wait()))
  assert.equal(await t.join(), true)
  assert.equal(ran.load(), 1)
  assert.equal(await once.completed(), true)
})

test('of many simultaneous calls one runs and all see its effects', limit, async () => {
  for (let round = 0; round < 20; round++) {
    const once = new Once()
    const ran = new AtomicI32(0)
    const threads = [0, 1, 2].map(() =>
      thread.spawn(
        move(() => {
          const mine = once
            .callOnce(() => {
              sleep(1).wait()
              ran.fetchAdd(1)
            })
            .wait()
          if (ran.load() !== 1) throw new Error('passed before the function was done')
          return mine ? 1 : 0
        }),
      ),
    )
    await once.completed()
    assert.equal(ran.load(), 1)
    let sum = 0
    for (const t of threads) sum += await t.join()
    assert.equal(sum, 1)
  }
})

test('a throw poisons the Once and callOnceForce recovers it', limit, async () => {
  const once = new Once()
  assert.throws(() => once.callOnce(bang).wait(), BANG)
  assert.equal(once.isCompleted, false)
  assert.throws(() => once.callOnce(() => {}).wait(), PoisonError)
  await assert.rejects(async () => once.callOnce(() => {}), { code: 'FL0002' })
  await assert.rejects(async () => once.completed(), PoisonError)
  const states: boolean[] = []
  assert.throws(
    () =>
      once
        .callOnceForce(({ isPoisoned }) => {
          states.push(isPoisoned)
          bang()
        })
        .wait(),
    BANG,
  )
  assert.equal(await once.callOnceForce(({ isPoisoned }) => void states.push(isPoisoned)), true)
  assert.deepEqual(states, [true, true])
  assert.equal(await once.callOnce(bang), false)
  const fresh = new Once()
  fresh.callOnceForce(({ isPoisoned }) => void states.push(isPoisoned)).wait()
  assert.equal(states[2], false)
})

test('a call inside its own function throws DeadlockError', limit, () => {
  const once = new Once()
  once
    .callOnce(() => {
      assert.throws(() => once.callOnce(() => {}).wait(), DeadlockError)
      assert.throws(() => once.completed().wait(), DeadlockError)
      assert.equal(once.callOnce(() => {}).try(), undefined)
      assert.equal(once.isCompleted, false)
    })
    .wait()
  const cell = new OnceLock<number>()
  assert.throws(() => cell.getOrInit(() => cell.getOrInit(() => 1).wait()).wait(), DeadlockError)
  assert.equal(cell.get(), undefined)
})

test('a thread that dies during the initialisation poisons a Once and empties a cell', limit, async () => {
  const [once, cell] = [new Once(), new OnceLock<number>()]
  const started = new AtomicI32(0)
  const t = thread.spawn(
    move(() => {
      once
        .callOnce(() => {
          cell
            .getOrInit(() => {
              started.store(1)
              sleep(5).wait()
              return process.exit(1)
            })
            .wait()
        })
        .wait()
    }),
  )
  while (started.load() === 0) await thread.yieldNow()
  const waits = [assert.rejects(async () => once.completed(), PoisonError), (async () => cell.getOrInit(() => 7))()]
  assert.equal((await Promise.all(waits))[1], 7)
  await assert.rejects(async () => t.join())
  assert.equal(await once.callOnceForce(() => {}), true)
})

test('a cell is set once and a refused value stays usable', limit, async () => {
  const cell = new OnceLock<{ n: number[] }>()
  assert.equal(cell.get(), undefined)
  assert.throws(() => cell.filled().wait(5), TimeoutError)
  assert.equal(await cell.set({ n: [1] }), true)
  const bytes = { n: [2], more: new Uint8Array(4) }
  assert.equal(cell.set(bytes).wait(), false)
  assert.equal(bytes.more.length, 4)
  assert.deepEqual(cell.get(), { n: [1] })
  assert.equal(cell.get(), cell.get())
  assert.throws(() => (cell.get() as { n: number[] }).n.push(3), TypeError)
  assert.deepEqual(await cell.filled(), { n: [1] })
  assert.deepEqual(await cell.getOrInit(bang), { n: [1] })
  for (const value of [0, -0, '', undefined, null, 10n]) {
    const other = new OnceLock<unknown>()
    assert.equal(other.set(value as never).try(), true)
    assert.ok(Object.is(other.get(), value))
    assert.equal(other.set(1 as never).try(), false)
  }
})

test('of many simultaneous initialisers one runs, and after a failure the next one runs', limit, async () => {
  for (let round = 0; round < 20; round++) {
    const cell = new OnceLock<string>()
    const calls = new AtomicI32(0)
    const threads = [0, 1, 2].map(id =>
      thread.spawn(
        move(() => {
          try {
            return cell
              .getOrInit(() => {
                if (calls.fetchAdd(1) === 0) throw new Error('the first fails')
                return `made by ${id}`
              })
              .wait()
          } catch (error) {
            return (error as Error).message
          }
        }),
      ),
    )
    const answers = await Promise.all(threads.map(t => t.join()))
    assert.equal(calls.load(), 2)
    assert.equal(answers.filter(a => a === 'the first fails').length, 1)
    assert.equal(new Set(answers).size, 2)
    assert.ok(answers.includes(cell.get()!))
  }
})

test('a wait for a cell completes alone and in a select', limit, async () => {
  const cell = new OnceLock<number>()
  assert.equal((await select({ a: cell.filled(), late: sleep(2) })).key, 'late')
  const t = thread.spawn(move(() => cell.filled().wait() + 1))
  const both = (async () => select({ a: cell.filled(), late: sleep(10_000) }))()
  await cell.set(4)
  assert.deepEqual(await both, { key: 'a', value: 4 })
  assert.equal(await t.join(), 5)
})

test('a value that cannot be shared is refused and the cell stays empty', limit, async () => {
  const cell = new OnceLock<unknown>()
  const [tx, rx] = mpsc.channel<number>()
  assert.throws(() => cell.set(tx as never).wait(), NotSendError)
  assert.throws(() => cell.getOrInit(() => (() => 1) as never).wait(), NotSendError)
  assert.equal(cell.get(), undefined)
  tx.send(1)
  assert.equal(await rx.recv(), 1)
  const arc = new Arc(new OnceLock<number>())
  drop(arc.set(1).wait() ? arc : arc)
  assert.throws(() => arc.get(), DroppedError)
})
