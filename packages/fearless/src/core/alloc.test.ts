/**
 * The allocator: allocations are large enough, aligned and disjoint, and their memory is used again after they are
 * freed.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classBytes, isOfClass, sizeClass } from './alloc.ts'
import { FREE_PAGES, HEAP_END, HEAP_FIRST, HEAP_TOP, PAGE_SIZE, RESERVED_PAGES, SLOT_URGENT } from './layout.ts'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'

const limit = { timeout: 20_000 }

/** Size of the largest block, which shares its pages with other blocks. */
const IN_SPAN = 32_768

/** Returns the number of heap bytes that an allocation of `bytes` bytes uses. */
const taken = (bytes: number): number =>
  bytes <= IN_SPAN ? classBytes(sizeClass(bytes)) : Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE

/** Live allocations, with a check that they are disjoint. */
class Blocks {
  readonly of: Map<number, number> = new Map()
  readonly #lives: Backends

  constructor(lives: Backends) {
    this.#lives = lives
  }
  /**
   * Writes the allocation's address into its first and last word, where an overlapping allocation would write its own.
   */
  add(at: number, bytes: number): void {
    const end = at + taken(bytes)
    assert.equal(at % 16, 0)
    assert.ok(
      at >= this.#lives.words[HEAP_FIRST >> 2] && end <= this.#lives.words[HEAP_TOP >> 2],
      `block ${at} of ${bytes} lies outside of the heap`,
    )
    if (bytes <= IN_SPAN) assert.equal(isOfClass(sizeClass(bytes), at), 1)
    this.#lives.poke(at, at)
    this.#lives.poke(end - 4, at)
    this.of.set(at, bytes)
  }
  remove(at: number): void {
    const end = at + taken(this.of.get(at)!)
    assert.equal(this.#lives.words[at >> 2], at, `another allocation wrote to the first word of ${at}`)
    assert.equal(this.#lives.words[(end - 4) >> 2], at, `another allocation wrote to the last word of ${at}`)
    this.of.delete(at)
  }
}

test('every size has a class that is large enough and wastes little', limit, () => {
  for (let bytes = 0; bytes <= 70_000; bytes++) {
    const size = taken(bytes)
    assert.ok(size >= bytes)
    assert.equal(size % 16, 0)
    if (bytes > 64) assert.ok(size < bytes * 2, `an allocation of ${bytes} bytes used ${size}`)
  }
})

for (const seed of [1, 2, 3]) {
  test(`random allocations of three threads are disjoint when any thread frees them (seed ${seed})`, limit, () => {
    const lives = newBackends(16)
    const { core } = lives
    const random = newRandom(seed)
    const threads = [MAIN, core.newSlot(MAIN), core.newSlot(MAIN)]
    const blocks = new Blocks(lives)
    for (let step = 0; step < 30_000; step++) {
      const growing = step % 6000 < 3500
      if (blocks.of.size === 0 || random.below(10) < (growing ? 6 : 4)) {
        const bytes = random.below(20) === 0 ? random.below(300_000) : random.below(2 ** (4 + random.below(9)))
        const at = core.allocate(random.pick(threads), bytes)
        if (at !== 0) blocks.add(at, bytes)
      } else {
        const at = random.pick([...blocks.of.keys()].slice(0, 50))
        blocks.remove(at)
        core.free(random.pick(threads), at)
      }
      if (step % 5000 === 0) lives.same()
    }
    for (const at of blocks.of.keys()) {
      blocks.remove(at)
      core.free(random.pick(threads), at)
    }
    lives.same()
  })
}

for (const bytes of [16, 48, 64, 96, 1024, 16_384, 24_576, 32_768, 40_000, 65_536, 1_000_000]) {
  test(
    `a heap full of allocations of ${bytes} bytes returns 0, and has room for as many after they are freed`,
    limit,
    () => {
      const lives = newBackends(8)
      const { core } = lives
      const fill = (): number[] => {
        const blocks: number[] = []
        for (let at = core.allocate(MAIN, bytes); at !== 0; at = core.allocate(MAIN, bytes)) blocks.push(at)
        return blocks
      }
      const blocks = fill()
      assert.equal(new Set(blocks).size, blocks.length)
      const { words } = lives
      const room = words[HEAP_END >> 2] - words[HEAP_FIRST >> 2] - words[RESERVED_PAGES >> 2] * PAGE_SIZE
      assert.ok(blocks.length * taken(bytes) > room * 0.86, `only ${blocks.length} allocations had room`)
      assert.equal(core.allocate(MAIN, bytes), 0)
      for (const at of blocks) core.free(MAIN, at)
      assert.equal(new Set(fill()).size, blocks.length)
      lives.same()
    },
  )
}

for (const before of [16, 1000, 24_576, 100_000]) {
  for (const after of [16, 64, 3000, 32_768, 40_000, 3_000_000]) {
    test(
      `a heap that was full of ${before} byte allocations has room for as many of ${after} bytes as a new one`,
      limit,
      () => {
        const { core } = newBackends(8)
        const fill = (bytes: number): number[] => {
          const blocks: number[] = []
          for (let at = core.allocate(MAIN, bytes); at !== 0; at = core.allocate(MAIN, bytes)) blocks.push(at)
          return blocks
        }
        const fresh = fill(after)
        for (const at of fresh) core.free(MAIN, at)
        for (const at of fill(before)) core.free(MAIN, at)
        assert.equal(fill(after).length, fresh.length)
      },
    )
  }
}

test('the cache of another thread keeps at most two batches of each class', limit, () => {
  const { core, words } = newBackends(16)
  const other = core.newSlot(MAIN)
  const blocks: number[] = []
  for (const bytes of [16, 100, 1000, 10_000, 30_000])
    for (let i = 0; i < 300; i++) blocks.push(core.allocate(MAIN, bytes))
  for (const at of blocks) core.free(other, at)
  core.returnCaches(MAIN)
  const kept = words[HEAP_TOP >> 2] - words[HEAP_FIRST >> 2] - words[FREE_PAGES >> 2] * PAGE_SIZE
  core.returnCaches(other)
  assert.equal(words[HEAP_TOP >> 2], words[HEAP_FIRST >> 2])
  assert.ok(kept < 5 * 6 * PAGE_SIZE + 5 * 32_768, `the cache kept ${kept} bytes`)
})

for (const [sizes, ratio] of [
  ['random sizes', 1.5],
  ['drifting sizes in a heap that shrinks to a quarter and grows again', 2.1],
] as const) {
  for (const seed of [1, 2, 3]) {
    test(`${sizes} need at most ${ratio} times the largest number of live bytes (seed ${seed})`, limit, () => {
      const { core, words } = newBackends(96)
      const random = newRandom(seed)
      const threads = [MAIN, core.newSlot(MAIN)]
      const blocks: { at: number; bytes: number }[] = []
      let [live, most, top] = [0, 0, 0]
      for (let step = 0; step < 100_000; step++) {
        const epoch = Math.floor(step / 5000)
        const wanted = (ratio > 1.5 && epoch % 5 === 4 ? 4 : 16) * 1048576
        if (live < wanted && random.below(10) < 7) {
          const power = ratio > 1.5 && random.below(4) !== 0 ? 5 + ((epoch * 7) % 12) : 4 + random.below(14)
          const bytes = 2 ** power + random.below(2 ** power)
          const at = core.allocate(random.pick(threads), bytes)
          assert.notEqual(at, 0)
          blocks.push({ at, bytes })
          live += bytes
        } else if (blocks.length > 0) {
          const i = random.below(blocks.length)
          const { at, bytes } = blocks[i]
          blocks[i] = blocks[blocks.length - 1]
          blocks.pop()
          core.free(random.pick(threads), at)
          live -= bytes
        }
        most = Math.max(most, live)
        top = Math.max(top, words[HEAP_TOP >> 2] - words[HEAP_FIRST >> 2])
      }
      assert.ok(top <= most * ratio, `the heap used ${top} bytes for ${most} live ones: ${(top / most).toFixed(2)}`)
      for (const { at } of blocks) core.free(MAIN, at)
      for (const thread of threads) core.returnCaches(thread)
      assert.equal(words[HEAP_TOP >> 2], words[HEAP_FIRST >> 2])
    })
  }
}

test('a full heap keeps pages for waiters and for a thread that may use the reserve', limit, () => {
  const { core, poke } = newBackends(8)
  while (core.allocate(MAIN, 100_000) !== 0) continue
  for (const bytes of [30_000, 1000, 16]) while (core.allocate(MAIN, bytes) !== 0) continue
  assert.notEqual(core.allocateOfClass(MAIN, core.WAITERS), 0)
  assert.equal(core.allocate(MAIN, 2000), 0)
  poke(MAIN + SLOT_URGENT, 1)
  assert.notEqual(core.allocate(MAIN, 2000), 0)
})

test('an allocation of more than 1 GiB is refused', limit, () => {
  const { core } = newBackends(8)
  assert.equal(core.allocate(MAIN, 0x4000_0001), 0)
  assert.equal(core.allocate(MAIN, 0x7fff_ffff), 0)
})

test('memory that one thread frees is used by another before the heap grows', limit, () => {
  const { core, words } = newBackends(16)
  const other = core.newSlot(MAIN)
  const round = (): void => {
    const blocks = Array.from({ length: 2000 }, () => core.allocate(MAIN, 100))
    for (const at of blocks) core.free(other, at)
  }
  round()
  const top = words[HEAP_TOP >> 2]
  for (let i = 0; i < 50; i++) round()
  // Each cache may keep two batches.
  assert.ok(words[HEAP_TOP >> 2] - top <= 65_536)
})

test('a visit finds every object of a class once', limit, () => {
  const { core, poke } = newBackends(16)
  for (const kind of [core.WAITERS, core.LOCKS, core.HANDLES]) {
    const mine = new Set<number>()
    for (let i = 0; i < 5000; i++) {
      const thing = core.allocateOfClass(MAIN, kind)
      poke(thing + 4, 77)
      mine.add(thing)
    }
    let met = 0
    for (let thing = core.nextObject(kind, 0); thing !== 0; thing = core.nextObject(kind, thing))
      if (mine.delete(thing)) met++
    assert.equal(met, 5000)
    assert.equal(mine.size, 0)
  }
})
