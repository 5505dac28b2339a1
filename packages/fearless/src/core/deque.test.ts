/**
 * The work-stealing deque: a pushed item is taken once, the newest first at the bottom and the oldest first at the top.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtomicI32, move, thread } from 'fearless'
import { core, i32, self } from '../../dist/internal.js'
import { DEQUE_BYTES, STEAL_DONE, STEAL_EMPTY } from './deque.ts'
import { MAIN, newBackends, newRandom } from './backends.fixture.ts'

const TOP = 0
const BOTTOM = 64

for (const [name, start] of [
  ['from the beginning', 0],
  ['across the wrap of its counters', 0x7fff_ff00],
] as const) {
  test(`random pushes, pops and steals ${name} are those of an array`, { timeout: 10_000 }, () => {
    const { core, words, poke, same } = newBackends(4)
    const deque = core.allocate(MAIN, DEQUE_BYTES)
    const to = core.allocate(MAIN, 16)
    core.initDeque(deque)
    poke(deque + TOP, start)
    poke(deque + BOTTOM, start)
    const random = newRandom(7)
    const model: number[] = []
    let next = 1
    for (let step = 0; step < 20_000; step++) {
      assert.equal(core.isEmptyDeque(deque), model.length === 0 ? 1 : 0)
      const way = random.below(step % 1000 < 500 ? 4 : 3)
      if (way >= 2) {
        assert.equal(core.pushBottom(deque, next, ~next), model.length < 64 ? 1 : 0)
        if (model.length < 64) model.push(next++)
        continue
      }
      // No item has the first word `next` yet.
      if (way === 1 && random.below(4) === 0) {
        assert.equal(core.steal(deque, to, next), STEAL_EMPTY)
        continue
      }
      const wanted = random.below(2) === 0 ? 0 : (model[0] ?? next)
      const expected = way === 0 ? model.pop() : model.shift()
      const got = way === 0 ? core.popBottom(deque, to) : core.steal(deque, to, wanted)
      if (expected === undefined) assert.equal(got, way === 0 ? 0 : STEAL_EMPTY)
      else {
        assert.equal(got, way === 0 ? 1 : STEAL_DONE)
        assert.deepEqual([words[to >> 2], words[(to >> 2) + 1]], [expected, ~expected])
      }
    }
    same()
  })
}

test('one owner and two thieves take every item exactly once', { timeout: 30_000 }, async () => {
  const ITEMS = 200_000
  const deque = core.allocate(self, DEQUE_BYTES)
  core.initDeque(deque)
  // One counter per item. A thread that takes an item adds 1 to its counter.
  const taken = core.allocate(self, ITEMS * 4)
  i32.fill(0, taken >> 2, (taken >> 2) + ITEMS)
  const [ready, over] = [new AtomicI32(0), new AtomicI32(0)]
  const thieves = [0, 1].map(() =>
    thread.spawn(
      move(() => {
        const to = core.allocate(self, 16)
        let stolen = 0
        ready.fetchAdd(1)
        for (;;) {
          const last = over.load()
          const answer = core.steal(deque, to, 0)
          if (answer === 2) {
            if (i32[(to >> 2) + 1] !== ~i32[to >> 2]) throw new Error('the words of an item do not belong together')
            Atomics.add(i32, (taken >> 2) + i32[to >> 2], 1)
            stolen++
          } else if (answer === 0 && last === 1) return stolen
        }
      }),
    ),
  )
  const to = core.allocate(self, 16)
  const pop = (): boolean => {
    if (core.popBottom(deque, to) === 0) return false
    assert.equal(i32[(to >> 2) + 1], ~i32[to >> 2])
    Atomics.add(i32, (taken >> 2) + i32[to >> 2], 1)
    return true
  }
  while (ready.load() < 2) await thread.yieldNow()
  let own = 0
  let item = 0
  while (item < ITEMS) {
    // The deque mostly has one or two items, so the owner and the thieves constantly contend for the last one.
    for (let burst = 1 + (item % 3); burst > 0 && item < ITEMS; burst--) item += core.pushBottom(deque, item, ~item)
    // The thieves take the last items.
    if (item < ITEMS) while (pop()) own++
  }
  over.store(1)
  let stolen = 0
  for (const thief of thieves) stolen += await thief.join()
  assert.equal(own + stolen, ITEMS)
  assert.ok(stolen > 0, 'the thieves stole no item')
  assert.ok(i32.subarray(taken >> 2, (taken >> 2) + ITEMS).every(count => count === 1))
})
