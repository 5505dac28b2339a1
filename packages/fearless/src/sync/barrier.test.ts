/** Tests of Barrier: all parties pass or none, one leader per generation, reuse, and waits that give up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtomicI32, Barrier, TimeoutError, move, select, sleep, thread } from 'fearless'
import { i32 } from '../../dist/internal.js'
import { BARRIER_QUEUE } from '../core/barrier.ts'

const limit = { timeout: 20_000 }

function isAwaited(barrier: Barrier): boolean {
  return Atomics.load(i32, ((barrier as unknown as { thing: number }).thing + BARRIER_QUEUE + 4) >> 2) !== 0
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await thread.yieldNow()
}

test('Barrier(0) behaves as Barrier(1), and Barrier refuses negative numbers and fractions', limit, async () => {
  for (const n of [0, 1]) {
    const barrier = new Barrier(n)
    assert.equal(barrier.arrive().wait().isLeader, true)
    assert.equal((await barrier.arrive()).isLeader, true)
    assert.equal(barrier.arrive().try()?.isLeader, true)
  }
  for (const n of [-1, 1.5, NaN, Infinity, 2 ** 31]) assert.throws(() => new Barrier(n), RangeError)
})

test('the last party to arrive is the leader, and try arrives only as the last party', limit, async () => {
  const barrier = new Barrier(3)
  assert.equal(barrier.arrive().try(), undefined)
  const first = (async () => barrier.arrive())()
  await until(() => isAwaited(barrier))
  assert.equal(barrier.arrive().try(), undefined)
  const second = thread.spawn(move(() => barrier.arrive().wait().isLeader))
  let leader = barrier.arrive().try()
  while (leader === undefined) {
    await thread.yieldNow()
    leader = barrier.arrive().try()
  }
  assert.equal(leader.isLeader, true)
  assert.equal((await first).isLeader, false)
  assert.equal(await second.join(), false)
})

test('a wait that gives up has not arrived', limit, async () => {
  const barrier = new Barrier(2)
  assert.throws(() => barrier.arrive().wait(5), TimeoutError)
  await assert.rejects(async () => barrier.arrive().within(5), TimeoutError)
  assert.equal((await select({ a: barrier.arrive(), b: sleep(2) })).key, 'b')
  await thread
    .spawn(
      move(async () => {
        void barrier.arrive().then(() => {})
        await sleep(1)
      }),
    )
    .join()
  assert.equal(barrier.arrive().try(), undefined)
  const t = thread.spawn(move(() => barrier.arrive().wait().isLeader))
  assert.notEqual((await barrier.arrive()).isLeader, await t.join())
})

test('an arrival is an arm of a select', limit, async () => {
  const barrier = new Barrier(2)
  const t = thread.spawn(move(() => barrier.arrive().wait().isLeader))
  const met = await select({ met: barrier.arrive(), late: sleep(10_000) })
  assert.equal(met.key, 'met')
  await t.join()
})

test('threads and tasks pass a barrier many times in step, with one leader per generation', limit, async () => {
  const barrier = new Barrier(4)
  const [steps, leaders] = [new AtomicI32(0), new AtomicI32(0)]
  const ROUNDS = 300
  const threads = [0, 1, 2].map(() =>
    thread.spawn(
      move(() => {
        for (let round = 0; round < ROUNDS; round++) {
          steps.fetchAdd(1)
          if (barrier.arrive().wait().isLeader) leaders.fetchAdd(1)
          if (steps.load() < 4 * (round + 1)) throw new Error('passed too early')
          barrier.arrive().wait()
        }
      }),
    ),
  )
  for (let round = 0; round < ROUNDS; round++) {
    steps.fetchAdd(1)
    if ((await barrier.arrive()).isLeader) leaders.fetchAdd(1)
    assert.equal(steps.load(), 4 * (round + 1))
    await barrier.arrive()
  }
  for (const t of threads) await t.join()
  assert.equal(leaders.load(), ROUNDS)
})
