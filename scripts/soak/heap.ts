/**
 * Measures the memory of a soak run: bytes of the shared heap that have an owner, and the resident set of the process.
 *
 * A block is in use if it was allocated and is in no free list: neither the central list of its class nor the cache of
 * a thread. The scratch block of a living worker's codec is not counted either. Exact while no thread allocates.
 */
import assert from 'node:assert/strict'
import {
  ENTRY_SHIFT,
  FREE_RUN,
  HEAP_FIRST,
  HEAP_TOP,
  MAX_SLOTS,
  PAGE_COUNT,
  PAGE_KIND,
  PAGE_SHIFT,
  SLOTS,
  SLOT_CACHES,
  SLOT_CODEC_BUFFER,
  SLOT_SIZE,
  SPAN_LIVE,
  addressOf,
  classBytes,
  entryOf,
  i32,
} from '../../packages/fearless/dist/internal.js'

/** The class of blocks that are runs of pages. The classes below it have spans of blocks. */
const LARGE = 22
const KINDS = 45

const word = (at: number): number => Atomics.load(i32, at >> 2)

/** Returns the bytes in use, by size class. */
function heapByClass(): Map<number, number> {
  const inUse = new Map<number, number>()
  const add = (kind: number, bytes: number): void => void inUse.set(kind, (inUse.get(kind) ?? 0) + bytes)
  const end = entryOf(word(HEAP_TOP))
  for (let run = entryOf(word(HEAP_FIRST)); run < end;) {
    const kind = word(run + PAGE_KIND) - 1
    const pages = word(run + PAGE_COUNT)
    if (kind === LARGE) add(kind, pages << PAGE_SHIFT)
    else if (kind < KINDS) add(kind, word(run + SPAN_LIVE) * classBytes(kind))
    else assert.equal(kind + 1, FREE_RUN, `the run at ${addressOf(run)} is of kind ${kind + 1}`)
    run += pages << ENTRY_SHIFT
  }
  for (let kind = 0; kind < KINDS; kind++) {
    if (!inUse.has(kind)) continue
    let free = 0
    for (let n = 1; n < MAX_SLOTS; n++) free += lengthOf(word(SLOTS + n * SLOT_SIZE + SLOT_CACHES + kind * 8))
    add(kind, -free * classBytes(kind))
  }
  for (let n = 1; n < MAX_SLOTS; n++) {
    const scratch = word(SLOTS + n * SLOT_SIZE + SLOT_CODEC_BUFFER)
    if (scratch === 0) continue
    const entry = entryOf(scratch)
    const kind = word(entry + PAGE_KIND) - 1
    add(kind, -(kind === LARGE ? word(entry + PAGE_COUNT) << PAGE_SHIFT : classBytes(kind)))
  }
  return inUse
}

function lengthOf(list: number): number {
  let length = 0
  for (let block = list; block !== 0; block = word(block)) length++
  return length
}

export function heapInUse(): number {
  return [...heapByClass().values()].reduce((sum, bytes) => sum + bytes, 0)
}

/** Samples the memory repeatedly, and checks that it stays constant. */
export class MemoryWatch {
  readonly #samples: { readonly heap: number; readonly rss: number }[] = []

  sample(): string {
    ;(globalThis as { gc?: () => void }).gc?.()
    const [heap, rss] = [heapInUse(), process.memoryUsage.rss()]
    this.#samples.push({ heap, rss })
    return `${(heap / 1024).toFixed(0)} KiB of the heap in use, ${(rss / 2 ** 20).toFixed(0)} MiB resident`
  }

  /**
   * Checks that the heap is as it was after the first `warm` samples. The resident set includes memory that each
   * worker's garbage collector keeps, which grows for a long time and then stays. So the last quarter of the samples is
   * compared with the half before it.
   */
  assertFlat(warm: number, heapSlack: number, rssSlack: number): void {
    const [before, last] = [this.#samples[warm], this.#samples.at(-1)!]
    assert.ok(last.heap <= before.heap + heapSlack, `${last.heap} bytes of the heap are in use, ${before.heap} were`)
    const quarter = Math.floor(this.#samples.length / 4)
    const rss = this.#samples.map(sample => sample.rss)
    const [middle, end] = [median(rss.slice(quarter, -quarter)), median(rss.slice(-quarter))]
    assert.ok(end <= middle + rssSlack, `${end} bytes are resident, ${middle} were`)
  }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0
