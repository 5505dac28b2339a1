/** The memory of vecs: disjoint from other vecs and allocations, in both backends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEAP_FIRST, HEAP_TOP } from './layout.ts'
import { MAIN, newBackends, newRandom } from './backends.fixture.ts'
import { VEC_ELEMENTS, VEC_OWNERS, VEC_USED } from './vecs.ts'

const limit = { timeout: 20_000 }

test('random vecs and allocations are disjoint and a vec without VEC_USED is all zero', limit, () => {
  const lives = newBackends(64)
  const { core, words, bytes } = lives
  const dirty = new Uint8Array(400_000).fill(1)
  const random = newRandom(7)
  const other = core.newSlot(MAIN)
  const live: { vec: number; at: number; end: number }[] = []
  for (let step = 0; step < 4000; step++) {
    const self = random.pick([MAIN, other])
    if (live.length > 0 && random.below(10) < 4) {
      const [{ vec }] = live.splice(random.below(live.length), 1)
      core.freeVec(self, vec)
    } else {
      const size = random.pick([0, 1, 100, 1024, 1025, 5000, 30_000, 65_536, 65_537, 300_000])
      const vec = core.newVec(self, size)
      if (vec === 0) continue
      const at = words[(vec + VEC_ELEMENTS) >> 2]
      const end = at + Math.max(size, 1)
      assert.equal(words[(vec + VEC_OWNERS) >> 2], 1)
      assert.ok(
        at >= words[HEAP_FIRST >> 2] && end <= words[HEAP_TOP >> 2],
        `a vec was allocated outside of the heap, at ${at}`,
      )
      for (const one of live) assert.ok(end <= one.at || one.end <= at, 'two vecs overlap')
      if (words[(vec + VEC_USED) >> 2] === 0) assert.ok(bytes.subarray(at, end).every(byte => byte === 0))
      lives.fill(at, dirty.subarray(0, size))
      live.push({ vec, at, end })
    }
    const block = core.allocate(self, random.pick([16, 64, 2000, 40_000]))
    if (block === 0) continue
    for (const one of live) assert.ok(block + 16 <= one.at || one.end <= block, 'an allocation overlaps a vec')
    core.free(self, block)
  }
  assert.ok(live.length > 100)
  lives.same()
})

test('a new vec in a full heap is refused until another vec is freed', limit, () => {
  const { core } = newBackends(4)
  assert.equal(core.newVec(MAIN, 2 ** 30), 0)
  const all: number[] = []
  for (let vec = core.newVec(MAIN, 200_000); vec !== 0; vec = core.newVec(MAIN, 200_000)) all.push(vec)
  assert.ok(all.length >= 8)
  core.freeVec(MAIN, all[3])
  assert.equal(core.newVec(MAIN, 200_000), all[3])
})
