/**
 * Random values against structuredClone: a value arrives deeply equal, with the same identities.
 *
 *     FEARLESS_FUZZ=200000 FEARLESS_SEED=7 node --test src/memory/codec/fuzz.test.ts
 *
 * Half of the values make a round trip through another thread, which learns its shapes from the shared table.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { sharedMemory } from '../../core/shared-memory.ts'
import { SLOT_MAY_BLOCK, SLOT_ID, SLOT_SIZE, SLOTS } from '../../core/layout.ts'
import { commitMessage, decode, encode, scratchAddress } from './codec.ts'
import { allocate, i32, free, u8 } from '../heap.ts'

const ROUNDS = Number(process.env.FEARLESS_FUZZ ?? 10_000)
const SEED = Number(process.env.FEARLESS_SEED ?? 1)

// ---------------------------------------------------------------- random values

let state = SEED | 0 || 1
function random(below: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}
const pick = <T>(from: readonly T[]): T => from[random(from.length)]

const KEYS = [
  'id',
  'name',
  'x',
  'ok',
  'a b',
  '',
  '0',
  '17',
  'constructor',
  '__proto__',
  '\ud800',
  'caf\u00e9',
  '\u65e5\u672c',
]
const NUMBERS = [0, -0, 1, -1, NaN, Infinity, 0.1, 2 ** 31, -(2 ** 31), 2 ** 32, 1e300, 5e-324]

function text(): string {
  const length = random(4) === 0 ? random(300) : random(40)
  const ceiling = pick([128, 256, 0x3000, 0x10000])
  let out = ''
  while (out.length < length) out += String.fromCharCode(random(ceiling))
  return out
}

function primitive(): unknown {
  switch (random(9)) {
    case 0:
      return undefined
    case 1:
      return null
    case 2:
      return random(2) === 0
    case 3:
      return random(1000) - 500
    case 4:
      return pick(NUMBERS)
    case 5:
      return BigInt(random(1 << 30)) ** BigInt(random(9)) * (random(2) === 0 ? 1n : -1n)
    default:
      return text()
  }
}

/** Objects of the value under construction, to be used again. */
let pool: object[] = []
const keep = <T extends object>(object: T): T => {
  pool.push(object)
  return object
}

function value(depth: number): unknown {
  if (pool.length !== 0 && random(8) === 0) return pick(pool)
  if (depth > 5 || random(3) === 0) return primitive()
  const size = random(6)
  switch (random(13)) {
    case 0: {
      const map = keep(new Map<unknown, unknown>())
      for (let i = 0; i < size; i++) map.set(value(depth + 1), value(depth + 1))
      return map
    }
    case 1: {
      const set = keep(new Set<unknown>())
      for (let i = 0; i < size; i++) set.add(value(depth + 1))
      return set
    }
    case 2:
      return keep(new Date(random(1 << 30)))
    case 3:
      return keep(new RegExp(pick(['a', '[b/]', '(?:)', '\u65e5']), pick(['', 'g', 'giu', 'ms'])))
    case 4:
      return keep(Object(pick([1, -0, 'boxed', '\u65e5', true, 5n])) as object)
    // No cause that leads back to the error, because Node's deepStrictEqual would recurse without end.
    case 5:
      return keep(new (pick([Error, TypeError, RangeError]))(text(), random(2) === 0 ? { cause: [primitive()] } : {}))
    case 6:
      return buffer()
    case 7:
    case 8:
      return array(depth, size)
    default: {
      const object = keep({}) as Record<string, unknown>
      for (let i = 0; i < size; i++) {
        Object.defineProperty(object, pick(KEYS), {
          value: value(depth + 1),
          writable: true,
          enumerable: true,
          configurable: true,
        })
      }
      return object
    }
  }
}

function array(depth: number, size: number): unknown[] {
  const array = keep([]) as unknown[]
  const numbers = random(3) === 0
  for (let i = 0; i < size; i++) {
    if (random(8) === 0) array.length++
    else array.push(numbers ? pick([1, 2, 3.5, -0, random(1e9)]) : value(depth + 1))
  }
  if (random(10) === 0) Object.assign(array, { named: value(depth + 1) })
  return array
}

function buffer(): object {
  const bytes = keep(new ArrayBuffer(random(8) * 8, random(4) === 0 ? { maxByteLength: 64 } : {}))
  new Uint8Array(bytes).forEach((_, i, all) => (all[i] = random(256)))
  const View = pick([
    Uint8Array,
    Int16Array,
    Float64Array,
    BigInt64Array,
    DataView,
  ] as unknown as Uint8ArrayConstructor[])
  const offset = random(bytes.byteLength / 8 + 1) * 8
  return keep(random(2) === 0 ? new View(bytes) : new View(bytes, offset))
}

// ---------------------------------------------------------------- identities

function* parts(object: object): Generator<unknown> {
  if (object instanceof Map) for (const entry of object) yield* entry
  else if (object instanceof Set) yield* object
  else if (ArrayBuffer.isView(object)) yield object.buffer
  else if (object instanceof Error) yield object.cause
  else if (!(object instanceof ArrayBuffer))
    for (const key of Object.keys(object)) yield (object as Record<string, unknown>)[key]
}

function assertSameGraph(one: unknown, other: unknown): void {
  const twins = new Map<unknown, unknown>()
  const work: [unknown, unknown][] = [[one, other]]
  for (let pair = work.pop(); pair !== undefined; pair = work.pop()) {
    const [a, b] = pair
    if (typeof a !== 'object' || a === null) continue
    if (twins.has(a) || twins.has(b)) {
      assert.ok(twins.get(a) === b && twins.get(b) === a, 'an object arrived as two, or two as one')
      continue
    }
    twins.set(a, b).set(b, a)
    const theirs = parts(b as object)
    for (const part of parts(a)) work.push([part, theirs.next().value])
  }
}

// ---------------------------------------------------------------- the other thread decodes and sends back

const TURN = 0
const ADDRESS = 1
const LENGTH = 2
const MAIN = 0
const OTHER = 1

/** Copies the encoded message to a block that `to` owns. */
function sendTo(box: number, length: number, to: number): void {
  const block = allocate(length)
  u8.copyWithin(block, scratchAddress(), scratchAddress() + length)
  commitMessage()
  i32[box + ADDRESS] = block
  i32[box + LENGTH] = length
  Atomics.store(i32, box + TURN, to)
  Atomics.notify(i32, box + TURN)
}

function receive(box: number): unknown {
  const block = i32[box + ADDRESS]
  const copy = decode(block, i32[box + LENGTH])
  free(block)
  return copy
}

function serve(box: number): void {
  for (;;) {
    while (Atomics.load(i32, box + TURN) === MAIN) Atomics.wait(i32, box + TURN, MAIN)
    sendTo(box, encode(receive(box), 'copy'), MAIN)
  }
}

/** The initial data of a worker on this heap. Without the id in its slot, the core's latches would not hold. */
function birth(slot: number): object {
  const at = SLOTS + slot * SLOT_SIZE
  i32[(at + SLOT_ID) >> 2] = slot
  i32[(at + SLOT_MAY_BLOCK) >> 2] = 1
  return { memory: sharedMemory, slot, role: 'worker', thread: 0 }
}

if (!isMainThread) serve((workerData as { box: number }).box)
else {
  test(`${ROUNDS} random values arrive as structuredClone copies them`, { timeout: 20_000 + ROUNDS * 10 }, async () => {
    const box = allocate(16) >> 2
    i32[box + TURN] = MAIN
    const worker = new Worker(fileURLToPath(import.meta.url), {
      workerData: { fearless: birth(1000), box },
      execArgv: [],
    })
    const failed = new Promise<never>((_, fail) => worker.once('error', fail))
    failed.catch(() => {})
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const before = state
        pool = []
        const sent = value(0)
        const length = encode(sent, 'copy')
        let copy: unknown
        if (round % 2 === 0) {
          sendTo(box, length, OTHER)
          // RACE: the notify of the previous round may arrive during this wait and end it early, so the loop checks
          // again.
          while (Atomics.load(i32, box + TURN) === OTHER) {
            if (Atomics.wait(i32, box + TURN, OTHER, 10_000) === 'timed-out') {
              await Promise.race([failed, Promise.reject(new Error('no answer'))])
            }
          }
          copy = receive(box)
        } else {
          commitMessage()
          copy = decode(scratchAddress(), length)
        }
        try {
          assert.deepStrictEqual(copy, structuredClone(sent))
          assertSameGraph(sent, copy)
        } catch (error) {
          throw new Error(`round ${round}, state ${before}`, { cause: error })
        }
      }
    } finally {
      await worker.terminate()
    }
  })
}
