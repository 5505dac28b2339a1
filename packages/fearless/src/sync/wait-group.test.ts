/** Tests of WaitGroup: its wait completes once no member is left, however the members ended. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AtomicI32,
  DroppedError,
  MovedError,
  TimeoutError,
  WaitGroup,
  drop,
  move,
  select,
  sleep,
  thread,
} from 'fearless'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }

test('a group without other members is finished at once, and with a clone after its drop', limit, async () => {
  await new WaitGroup().finished()
  new WaitGroup().finished().wait()
  const group = new WaitGroup()
  const other = group.clone()
  assert.equal(group.finished().try(), undefined)
  assert.throws(() => group.finished().wait(5), TimeoutError)
  end(other)
  end(other)
  assert.equal(group.finished().try(), true)
  group.finished().wait()
  await group.finished()
  assert.throws(() => group.clone(), DroppedError)
  end(group)
  assert.throws(() => group.finished().try(), DroppedError)
})

test(
  'several handles may wait for the remaining members, because a waiting handle is not a member',
  limit,
  async () => {
    const group = new WaitGroup()
    const [a, b] = [group.clone(), group.clone()]
    const go = new AtomicI32(0)
    const worker = thread.spawn(
      move(() => {
        while (go.load() === 0) thread.yieldNow().wait()
        drop(b)
      }),
    )
    const waits = [(async () => group.finished())(), (async () => a.finished())()]
    await thread.yieldNow()
    go.store(1)
    await Promise.all(waits)
    await worker.join()
  },
)

test('a member is dropped when its thread returns, throws or exits', limit, async () => {
  const group = new WaitGroup()
  const done = new AtomicI32(0)
  const threads = ['returns', 'throws', 'exits', 'drops'].map(how => {
    const mine = group.clone()
    return thread.spawn(
      move(() => {
        done.fetchAdd(1)
        if (how === 'drops') drop(mine)
        if (how === 'throws') throw new Error('bang')
        if (how === 'exits') process.exit(1)
        return mine === undefined
      }),
    )
  })
  await group.finished()
  assert.equal(done.load(), 4)
  for (const t of threads)
    await t.join().then(
      () => {},
      () => {},
    )
})

test('a member is moved and not shared', limit, async () => {
  const group = new WaitGroup()
  const mine = group.clone()
  const t = thread.spawn(move(() => mine.finished().try() === undefined))
  assert.throws(() => mine.clone(), MovedError)
  assert.equal(await t.join(), true)
  await group.finished()
})

test('a WaitGroup is an arm of a select', limit, async () => {
  const group = new WaitGroup()
  const other = group.clone()
  assert.equal((await select({ done: group.finished(), late: sleep(2) })).key, 'late')
  drop(other)
  assert.equal((await select({ done: group.finished(), late: sleep(10_000) })).key, 'done')
})

test('groups of many members in many threads finish repeatedly', limit, async () => {
  for (let round = 0; round < 20; round++) {
    const group = new WaitGroup()
    const sum = new AtomicI32(0)
    for (let i = 0; i < 8; i++) {
      const mine = group.clone()
      thread.spawn(
        move(() => {
          const child = mine.clone()
          sum.fetchAdd(1)
          drop(mine)
          drop(child)
        }),
      )
    }
    if (round % 2 === 0) await group.finished()
    else group.finished().wait()
    assert.equal(sum.load(), 8)
  }
})
