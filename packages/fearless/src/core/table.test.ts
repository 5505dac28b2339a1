/** A hash table against a Map: the same keys after any adds, removals and growth, in both backends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAIN, newBackends, newRandom, type Backends } from './backends.fixture.ts'
import { NODE_NUMBER, TABLE_NODES } from './table.ts'

const limit = { timeout: 20_000 }

function writeKey({ poke }: Backends, at: number, key: number, length: number): void {
  for (let i = 0; i < length; i += 4) poke(at + i, i === 0 ? key : key ^ i)
}

for (const [seed, keys, length] of [
  [1, 40, 8],
  [2, 3000, 8],
  [3, 500, 64],
]) {
  test(`random keys out of ${keys} with ${length} bytes each are those of a Map`, limit, () => {
    const lives = newBackends(16)
    const { core, words, poke } = lives
    const random = newRandom(seed)
    const key = core.allocate(MAIN, length)
    const holder = core.allocate(MAIN, 16)
    poke(holder, core.newTable(MAIN))
    const expected = new Map<number, number>()
    for (let step = 0; step < 20_000; step++) {
      const k = random.below(keys)
      writeKey(lives, key, k, length)
      const hash = core.hashBytes(key, length)
      let node = core.tableFind(words[holder >> 2], hash, key, length)
      assert.equal(node !== 0, expected.has(k))
      if (node !== 0) assert.equal(words[(node + NODE_NUMBER) >> 2], expected.get(k))
      if (random.below(step % 4000 < 2400 ? 3 : 8) === 0) {
        if (node === 0) {
          node = core.newNode(MAIN, hash, key, length)
          assert.equal(core.tableAdd(MAIN, holder, node), 1)
        }
        poke(node + NODE_NUMBER, step)
        expected.set(k, step)
      } else if (node !== 0 && random.below(2) === 0) {
        core.tableRemove(words[holder >> 2], node)
        core.free(MAIN, node)
        expected.delete(k)
      }
      assert.equal(words[(words[holder >> 2] + TABLE_NODES) >> 2], expected.size)
    }
    const found: number[] = []
    poke(key, 0)
    for (;;) {
      const node = core.tableNext(words[holder >> 2], words[key >> 2], key)
      if (node === 0) break
      found.push(words[(node + NODE_NUMBER) >> 2])
    }
    const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b)
    assert.deepEqual(sorted(found), sorted(expected.values()))
    poke(words[holder >> 2] + TABLE_NODES, -5)
    core.recountTable(words[holder >> 2])
    assert.equal(words[(words[holder >> 2] + TABLE_NODES) >> 2], expected.size)
    lives.same()
  })
}

test('similar keys have different hashes', limit, () => {
  const lives = newBackends(4)
  const key = lives.core.allocate(MAIN, 16)
  const buckets = new Array<number>(64).fill(0)
  for (let k = 0; k < 64_000; k++) {
    writeKey(lives, key, k, 16)
    buckets[lives.core.hashBytes(key, 16) & 63]++
  }
  assert.ok(Math.min(...buckets) > 850 && Math.max(...buckets) < 1150, buckets.join())
})
