/**
 * Handle records and slots: a record has one owner, its list agrees with its owner word, and a freed record is used
 * again.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HANDLE_KIND, HANDLE_OWNER, HANDLE_SHARES, HANDLE_OBJECT, IN_TRANSIT, CREATING } from './handles.ts'
import {
  HEAP_TOP,
  MAX_SLOTS,
  SLOT_BELL,
  SLOT_MAY_BLOCK,
  SLOT_CACHES,
  SLOT_HANDLES,
  SLOT_HELD,
  SLOT_ID,
} from './layout.ts'
import { MAIN, newBackends, newRandom, slotOf } from './backends.fixture.ts'

const NEXT = 16
const limit = { timeout: 20_000 }

for (const seed of [1, 2]) {
  test(`random handles of three threads have one owner and are in its list (seed ${seed})`, limit, () => {
    const lives = newBackends(8)
    const { core, words } = lives
    const random = newRandom(seed)
    const slots = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
    const idOf = (slot: number): number => words[(slot + SLOT_ID) >> 2]
    const owned = new Map<number, number[]>(slots.map(slot => [slot, []]))
    const travelling: number[] = []
    for (let step = 0; step < 10_000; step++) {
      const self = random.pick(slots)
      const mine = owned.get(self)!
      const takeMine = (): number => mine.splice(random.below(mine.length), 1)[0]
      switch (random.below(5)) {
        case 0: {
          const shares = random.below(2)
          const handle = core.newHandle(self, step, step * 16, shares)
          const read = [HANDLE_OWNER, HANDLE_KIND, HANDLE_OBJECT, HANDLE_SHARES].map(at => words[(handle + at) >> 2])
          assert.deepEqual(read, [CREATING - idOf(self), step, step * 16, shares])
          travelling.push(handle)
          break
        }
        case 1:
        case 2: {
          if (travelling.length === 0) break
          const handle = travelling.splice(random.below(travelling.length), 1)[0]
          core.adoptHandle(self, handle, 1)
          mine.unshift(handle)
          break
        }
        case 3: {
          if (mine.length === 0) break
          const handle = takeMine()
          core.packHandle(self, handle)
          assert.equal(words[(handle + HANDLE_OWNER) >> 2], -1 - idOf(self))
          if (random.below(2) === 0) {
            core.endPacking(self)
            core.markInTransit(self, handle)
            assert.equal(words[(handle + HANDLE_OWNER) >> 2], IN_TRANSIT)
          }
          travelling.push(handle)
          break
        }
        default: {
          const handle = mine.length > 0 ? takeMine() : (travelling.pop() ?? 0)
          if (handle === 0) break
          core.freeHandle(self, handle)
          assert.equal(words[(handle + HANDLE_OWNER) >> 2], 0)
        }
      }
      const list: number[] = []
      for (let at = words[(self + SLOT_HANDLES) >> 2]; at !== 0; at = words[(at + NEXT) >> 2]) list.push(at)
      assert.deepEqual(list, mine)
      for (const handle of mine) assert.equal(words[(handle + HANDLE_OWNER) >> 2], idOf(self))
    }
    // As the reaper does it: find a dead thread's records by their owner word, without its list.
    const [, dead] = slots
    let buried = 0
    for (let handle = core.nextObject(core.HANDLES, 0); handle !== 0; handle = core.nextObject(core.HANDLES, handle)) {
      if (words[(handle + HANDLE_OWNER) >> 2] !== idOf(dead)) continue
      core.freeHandleOfDead(MAIN, handle)
      buried++
    }
    assert.equal(buried, owned.get(dead)!.length)
    lives.same()
  })
}

test('a handle of a worker is in no list', limit, () => {
  const { core, words } = newBackends(4)
  const handle = core.newHandle(MAIN, 1, 16, 0)
  core.adoptHandle(MAIN, handle, 0)
  assert.equal(words[(handle + HANDLE_OWNER) >> 2], 1)
  assert.equal(words[(MAIN + SLOT_HANDLES) >> 2], 0)
  core.packHandle(MAIN, handle)
  core.adoptHandle(MAIN, handle, 1)
  assert.equal(words[(MAIN + SLOT_HANDLES) >> 2], handle)
})

test('all slots can be allocated, and a reused one is zero except for the allocator’s cache', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const slots: number[] = []
  for (let slot = core.newSlot(MAIN); slot !== 0; slot = core.newSlot(MAIN)) {
    assert.equal(words[(slot + SLOT_ID) >> 2], slots.length + 2)
    assert.equal(slot, slotOf(slots.length + 2))
    assert.equal(words[(slot + SLOT_MAY_BLOCK) >> 2], 1)
    slots.push(slot)
  }
  assert.equal(slots.length, MAX_SLOTS - 2)
  const [used] = slots
  const block = core.allocate(used, 16)
  core.free(used, block)
  for (const at of [SLOT_HELD, SLOT_BELL]) poke(used + at, 5)
  core.freeSlot(MAIN, used)
  assert.equal(words[(used + SLOT_ID) >> 2], 0)
  assert.equal(core.newSlot(MAIN), used)
  assert.equal(core.newSlot(MAIN), 0)
  assert.deepEqual(
    [SLOT_HELD, SLOT_BELL].map(at => words[(used + at) >> 2]),
    [0, 0],
  )
  assert.equal(words[(used + SLOT_CACHES) >> 2], block)
  const top = words[HEAP_TOP >> 2]
  assert.equal(core.allocate(used, 16), block)
  assert.equal(words[HEAP_TOP >> 2], top)
  lives.same()
})
