/**
 * The core in two backends at once, WebAssembly and plain JavaScript, each with a private memory.
 *
 * Every call goes to both, and both must return the same. `same` checks that both memories have the same bytes. Tests
 * read and write memory by `words` and `poke`, so that a test never makes the memories differ.
 */
import assert from 'node:assert/strict'
import { wasm } from './core.generated.ts'
import * as javascript from './exports.ts'
import { NEXT_SLOT, NEXT_THREAD, SLOTS, SLOT_MAY_BLOCK, SLOT_ID, SLOT_SIZE } from './layout.ts'
import { firstWords } from './first-words.ts'
import { sharedMemory } from './shared-memory.ts'
import { WAITER_OWN_CLAIM, WAITER_CLAIM, WAITER_SLOT, WAITER_STATE, WAITER_YIELDS } from './wait-queue.ts'

type Core = typeof javascript
type Call = (...args: number[]) => number | undefined

const module = new WebAssembly.Module(Uint8Array.from(atob(wasm), c => c.charCodeAt(0)))

export interface Backends {
  readonly core: Core
  /** The memory of the JavaScript backend, only to read. */
  readonly words: Int32Array
  readonly floats: Float64Array
  readonly bytes: Uint8Array
  /** Stores a word in both memories. */
  poke(at: number, value: number): void
  /** Stores bytes in both memories. */
  fill(at: number, bytes: Uint8Array): void
  /** Allocates a waiter as wait/waiter.ts does. */
  waiter(slot: number, yields: 0 | 1): number
  /** Fails if the memories differ. */
  same(): void
}

export const slotOf = (id: number): number => SLOTS + id * SLOT_SIZE
/** The slot of the main thread, which every heap has. */
export const MAIN: number = slotOf(1)

/** Makes two new heaps. The JavaScript backend has the memory of the process, so earlier heaps are no longer usable. */
export function newBackends(mib: number): Backends {
  const memory = new WebAssembly.Memory({ initial: mib * 16, maximum: mib * 16, shared: true })
  const size = mib * 1048576
  const one = new WebAssembly.Instance(module, { env: { memory, abort: () => {} } }).exports as Record<string, Call>
  const theirs = new Int32Array(memory.buffer)
  const words = new Int32Array(sharedMemory.buffer, 0, size >> 2)
  const bytes = new Uint8Array(sharedMemory.buffer, 0, size)
  bytes.fill(0)
  const poke = (at: number, value: number): void => void (theirs[at >> 2] = words[at >> 2] = value)
  for (const [at, value] of [
    ...firstWords(size),
    [NEXT_SLOT, 2],
    [NEXT_THREAD, 2],
    [MAIN + SLOT_ID, 1],
    [MAIN + SLOT_MAY_BLOCK, 1],
  ])
    poke(at, value)
  const core = Object.fromEntries(
    Object.entries(javascript).map(([name, own]) => {
      if (typeof own !== 'function') return [name, own]
      const both: Call = (...args) => {
        const answer = (own as Call)(...args)
        const other = one[name](...args)
        if (!Object.is(answer, other))
          assert.fail(`${name}(${args.join(', ')}) is ${answer} in JavaScript and ${other} in WebAssembly`)
        return answer
      }
      return [name, both]
    }),
  ) as unknown as Core
  return {
    core,
    words,
    floats: new Float64Array(sharedMemory.buffer, 0, size >> 3),
    bytes,
    poke,
    fill(at, from) {
      bytes.set(from, at)
      new Uint8Array(memory.buffer).set(from, at)
    },
    waiter(slot, yields) {
      const waiter = core.allocateOfClass(slot, core.WAITERS)
      assert.notEqual(waiter, 0)
      for (const [at, value] of [
        [WAITER_STATE, 0],
        [WAITER_YIELDS, yields],
        [WAITER_CLAIM, 0],
        [WAITER_OWN_CLAIM, 0],
        [WAITER_SLOT, slot],
      ]) {
        poke(waiter + at, value)
      }
      return waiter
    },
    same() {
      const difference = Buffer.compare(Buffer.from(memory.buffer), bytes)
      if (difference === 0) return
      const at = words.findIndex((word, i) => word !== theirs[i]) * 4
      assert.fail(`the word at ${at} is ${words[at >> 2]} in JavaScript and ${theirs[at >> 2]} in WebAssembly`)
    },
  }
}

/** Makes a random-number generator with the same sequence in every run. */
export function newRandom(seed: number): { below(end: number): number; pick<T>(from: readonly T[]): T } {
  let state = seed
  const below = (end: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * end)
  }
  return { below, pick: from => from[below(from.length)] }
}
