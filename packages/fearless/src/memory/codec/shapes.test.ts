import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { sharedMemory } from '../../core/shared-memory.ts'
import { SLOT_MAY_BLOCK, SLOT_ID, SLOT_SIZE, SLOTS } from '../../core/layout.ts'
import { allocate, i32, SHAPES_HEAD } from '../heap.ts'
import { keysOf, learnShape, UNLEARNT, ROOT, shapeKeys, nextShapeNode } from './shapes.ts'
import type { ShapeNode } from './shapes.ts'

const limit = { timeout: 20_000 }
const SHAPES = 400
const THREADS = 3

const walk = (keys: readonly string[]): ShapeNode => keys.reduce(nextShapeNode, ROOT)
const shared = (i: number) => [`a${i}`, 'caf\u00e9 \u65e5', `b${i % 7}`]

/** Learns the shared shapes, each thread in another order, and stores their numbers in the heap. */
function learnAll(thread: number, gate: number, numbers: number): void {
  Atomics.sub(i32, gate, 1)
  while (Atomics.load(i32, gate) > 0);
  for (let n = 0; n < SHAPES; n++) {
    const i = (n * [1, 3, 7][thread] + thread * 37) % SHAPES
    const node = walk(shared(i))
    learnShape(node)
    i32[numbers + thread * SHAPES + i] = learnShape(node)
  }
}

interface Task {
  readonly thread: number
  readonly gate: number
  readonly numbers: number
}

/** The initial data of a worker on this heap. Without the id in its slot, the core's latches would not hold. */
function birth(slot: number): object {
  const at = SLOTS + slot * SLOT_SIZE
  i32[(at + SLOT_ID) >> 2] = slot
  i32[(at + SLOT_MAY_BLOCK) >> 2] = 1
  return { memory: sharedMemory, slot, role: 'worker', thread: 0 }
}

if (!isMainThread) {
  const { thread, gate, numbers } = workerData as Task
  learnAll(thread, gate, numbers)
} else {
  test('a shape that occurs twice gets a number that finds its keys', limit, () => {
    const node = walk(['x', 'y'])
    assert.deepEqual(keysOf(node), ['x', 'y'])
    assert.equal(learnShape(node), -1)
    const id = learnShape(node)
    assert.ok(id > 0)
    assert.deepEqual(shapeKeys(id), ['x', 'y'])
    assert.equal(walk(['x', 'y']).id, id)
    assert.deepEqual(shapeKeys(0), [])
  })

  test('the keys of dictionaries are not learnt', limit, () => {
    for (const keys of [
      ['1'],
      ['a', '0'],
      ['__proto__'],
      ['x'.repeat(200)],
      Array.from({ length: 60 }, (_, i) => `k${i}`),
    ]) {
      assert.equal(walk(keys), UNLEARNT)
    }
    assert.equal(learnShape(UNLEARNT), -1)
  })

  test('threads that learn the same shapes concurrently agree on their numbers', limit, async () => {
    const gate = allocate(16) >> 2
    const numbers = allocate(THREADS * SHAPES * 4) >> 2
    Atomics.store(i32, gate, THREADS)
    const ends = Array.from({ length: THREADS }, (_, thread) => {
      const worker = new Worker(fileURLToPath(import.meta.url), {
        workerData: { fearless: birth(1010 + thread), thread, gate, numbers },
        execArgv: [],
      })
      return new Promise((end, fail) => worker.once('exit', end).once('error', fail))
    })
    await Promise.all(ends)
    for (let i = 0; i < SHAPES; i++) {
      const id = i32[numbers + i]
      assert.ok(id > 0)
      assert.deepEqual(shapeKeys(id), shared(i))
      for (let thread = 1; thread < THREADS; thread++) assert.equal(i32[numbers + thread * SHAPES + i], id)
    }
    let at = i32[SHAPES_HEAD >> 2]
    for (let id = i32[(at + 4) >> 2]; id > 0; id--, at = i32[at >> 2]) assert.equal(i32[(at + 4) >> 2], id)
    assert.equal(at, 0)
  })

  test('a full table refuses further shapes', { timeout: 60_000 }, () => {
    let last = 0
    for (let i = 0; last >= 0; i++) {
      const node = walk([`full ${i}`])
      if (node === UNLEARNT) assert.fail('the tree was full before the table')
      learnShape(node)
      last = learnShape(node)
      assert.ok(i < 5000)
    }
    assert.equal(walk(['x', 'y']).id > 0, true)
    assert.equal(learnShape(walk(['one', 'more'])), -1)
  })
}
