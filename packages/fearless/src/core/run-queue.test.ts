/** The run queue: a thread is popped once and in FIFO order, and its record wakes the threads that join it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IDLE_QUEUE, RUN_HEAD, RUN_LENGTH, RUN_TAIL, RUN_POPPED, SLOT_THREAD } from './layout.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'
import {
  OUTCOME_DIED,
  OUTCOME_VALUE,
  POOL_FINISHED,
  POOL_FIRST,
  POOL_PLACES,
  POOL_QUEUED,
  THREAD_BYTES,
  THREAD_DONE,
  THREAD_JOINING,
  THREAD_NEXT,
  THREAD_OUTCOME,
  THREAD_OWNERS,
  THREAD_PARKING,
  THREAD_POOL,
  THREAD_RUNNING,
  THREAD_STATE,
  THREAD_TOKEN,
} from './run-queue.ts'
import { WAITER_STATE, WAITER_WOKEN } from './wait-queue.ts'

const limit = { timeout: 20_000 }

function newThread({ core, poke }: Backends): number {
  const thread = core.allocate(MAIN, THREAD_BYTES)
  for (let at = 0; at < THREAD_BYTES; at += 4) poke(thread + at, 0)
  return thread
}

test('random pushes and pops are those of an array and each push wakes one idle worker', limit, () => {
  const lives = newBackends(8)
  const { core, words } = lives
  const random = newRandom(5)
  const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
  const line: number[] = []
  const idle: number[] = []
  let taken = 0
  for (let step = 0; step < 10_000; step++) {
    const self = random.pick(slots)
    switch (random.below(5)) {
      case 0:
      case 1: {
        const thread = newThread(lives)
        const woken = idle.shift()
        assert.equal(core.pushThread(self, thread), woken === undefined ? 0 : 1)
        if (woken !== undefined) assert.equal(words[(woken + WAITER_STATE) >> 2], WAITER_WOKEN)
        line.push(thread)
        break
      }
      case 2:
      case 3: {
        const expected = line.shift() ?? 0
        const got = random.below(2) === 0 ? core.popThread(self) : core.spinForThread(self, 2)
        assert.equal(got, expected)
        if (got === 0) break
        taken++
        assert.equal(words[(got + THREAD_STATE) >> 2], THREAD_RUNNING)
        assert.equal(words[(self + SLOT_THREAD) >> 2], got)
        core.free(self, got)
        break
      }
      default:
        if (idle.length < 3) {
          const waiter = lives.waiter(self, 0)
          core.registerWaiter(self, IDLE_QUEUE, waiter)
          idle.push(waiter)
        }
    }
    assert.equal(words[RUN_LENGTH >> 2], line.length)
    assert.equal(words[RUN_POPPED >> 2], taken)
  }
  lives.same()
})

test('a queue whose latch holder died is repaired from its links', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  for (const length of [0, 1, 4]) {
    const threads = Array.from({ length }, () => newThread(lives))
    for (const thread of threads) core.pushThread(MAIN, thread)
    poke(RUN_TAIL, 0x7777)
    poke(RUN_LENGTH, 99)
    core.repairRunQueue(MAIN)
    assert.equal(words[RUN_LENGTH >> 2], length)
    const late = newThread(lives)
    core.pushThread(MAIN, late)
    for (const thread of [...threads, late, 0]) assert.equal(core.popThread(MAIN), thread)
  }
  // The worker died in `pushThread` after it linked its thread and before it stored the tail.
  const [first, second] = [newThread(lives), newThread(lives)]
  core.pushThread(MAIN, first)
  poke(first + THREAD_NEXT, second)
  core.repairRunQueue(MAIN)
  assert.equal(words[RUN_TAIL >> 2], second)
  assert.equal(words[RUN_HEAD >> 2], first)
  assert.equal(words[RUN_LENGTH >> 2], 2)
  lives.same()
})

test('random spawns, finishes and withdrawals of two pools are those of arrays', limit, () => {
  const lives = newBackends(8)
  const { core, words, poke } = lives
  const random = newRandom(11)
  const pools = [1, 3].map(places => {
    const pool = core.allocate(MAIN, POOL_FIRST + 4 * places)
    for (let at = 0; at < POOL_FIRST + 4 * places; at += 4) poke(pool + at, 0)
    poke(pool + POOL_PLACES, places)
    return { pool, places, placed: new Set<number>(), waiting: [] as number[], finished: 0 }
  })
  const line: number[] = []
  const running = new Map<number, (typeof pools)[number]>()
  const poolOf = new Map<number, (typeof pools)[number]>()
  const leave = (thread: number, of: (typeof pools)[number]): void => {
    if (!of.placed.delete(thread)) return
    of.finished++
    const next = of.waiting.shift()
    if (next === undefined) return
    of.placed.add(next)
    line.push(next)
  }
  for (let step = 0; step < 10_000; step++) {
    switch (random.below(4)) {
      case 0: {
        const thread = newThread(lives)
        const of = random.pick(pools)
        poke(thread + THREAD_POOL, of.pool)
        poolOf.set(thread, of)
        const hasPlace = of.placed.size < of.places
        assert.equal(core.pushThread(MAIN, thread), hasPlace ? 0 : 1)
        if (hasPlace) {
          of.placed.add(thread)
          line.push(thread)
        } else of.waiting.push(thread)
        break
      }
      case 1: {
        const expected = line.shift() ?? 0
        assert.equal(core.popThread(MAIN), expected)
        if (expected !== 0) running.set(expected, poolOf.get(expected)!)
        break
      }
      case 2: {
        if (running.size === 0) break
        const [thread, of] = random.pick([...running])
        core.finishThread(MAIN, thread, OUTCOME_VALUE)
        leave(thread, of)
        running.delete(thread)
        poolOf.delete(thread)
        core.free(MAIN, thread)
        break
      }
      default: {
        if (poolOf.size === 0) break
        const [thread, of] = random.pick([...poolOf])
        const at = [of.waiting.indexOf(thread), line.indexOf(thread)]
        assert.equal(core.withdrawThread(MAIN, thread), Math.max(...at) >= 0 ? 1 : 0)
        if (Math.max(...at) < 0) break
        if (at[0]! >= 0) of.waiting.splice(at[0]!, 1)
        else line.splice(at[1]!, 1)
        core.finishThread(MAIN, thread, OUTCOME_DIED)
        leave(thread, of)
        poolOf.delete(thread)
        core.free(MAIN, thread)
      }
    }
    assert.equal(words[RUN_LENGTH >> 2], line.length)
    for (const { pool, waiting, placed, finished } of pools) {
      assert.equal(words[(pool + POOL_QUEUED) >> 2], waiting.length)
      assert.equal(words[(pool + POOL_FINISHED) >> 2], finished)
      const held = new Set(
        words.subarray((pool + POOL_FIRST) >> 2, ((pool + POOL_FIRST) >> 2) + words[(pool + POOL_PLACES) >> 2]!),
      )
      held.delete(0)
      assert.deepEqual(held, placed)
    }
  }
  lives.same()
})

test('a finish wakes all joining threads and an unpark wakes the parked thread', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const thread = newThread(lives)
  const joining = [0, 1, 2].map(i => lives.waiter(MAIN, (i & 1) as 0 | 1))
  for (const waiter of joining) core.registerWaiter(MAIN, thread + THREAD_JOINING, waiter)
  core.finishThread(MAIN, thread, OUTCOME_VALUE)
  assert.equal(words[(thread + THREAD_STATE) >> 2], THREAD_DONE)
  assert.equal(words[(thread + THREAD_OUTCOME) >> 2], OUTCOME_VALUE)
  for (const waiter of joining) assert.equal(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)

  core.unparkThread(MAIN, thread)
  core.unparkThread(MAIN, thread)
  assert.equal(words[(thread + THREAD_TOKEN) >> 2], 1)
  poke(thread + THREAD_TOKEN, 0)
  const parked = lives.waiter(MAIN, 0)
  core.registerWaiter(MAIN, thread + THREAD_PARKING, parked)
  core.unparkThread(MAIN, thread)
  assert.equal(words[(parked + WAITER_STATE) >> 2], WAITER_WOKEN)
  lives.same()
})

test('the last owner of a thread record gets 1', limit, () => {
  const lives = newBackends(4)
  const thread = newThread(lives)
  lives.poke(thread + THREAD_OWNERS, 2)
  assert.equal(lives.core.dropThreadOwner(thread), 0)
  assert.equal(lives.core.dropThreadOwner(thread), 1)
  assert.equal(lives.core.spinWhile(thread + THREAD_TOKEN, 1, 5), 1)
  assert.equal(lives.core.spinWhile(thread + THREAD_TOKEN, 0, 5), 0)
})
