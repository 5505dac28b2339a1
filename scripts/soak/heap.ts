/**
 * How much memory a soak run has: bytes of the shared heap that somebody owns, and the process's resident set.
 *
 * A block is in use if it was handed out and lies in no list of free ones: neither the central list of its class nor the
 * cache of a thread; nor is it the block that a living worker's codec writes into. Exact while no thread allocates.
 */
import assert from 'node:assert/strict'
import {
  CLASSES,
  CLASS_CARVE,
  CLASS_CARVE_END,
  CLASS_FREE,
  CLASS_SIZE,
  FIRST_SPAN,
  HEAP_TOP,
  MAX_SLOTS,
  SLOTS,
  SLOT_CACHES,
  SLOT_SCRATCH,
  SLOT_SIZE,
  SPANS,
  SPAN_HEADER,
  SPAN_SIZE,
  classBytes,
  i32,
  u8,
} from '../../packages/fearless/dist/internal.js'

/** In the table of spans: memory of vecs, which vecs keep. */
const NO_CLASS = 255
/** Classes that hold one kind of thing each begin here; their spans have a header. */
const THINGS = 40
const KINDS = 45

const word = (at: number): number => Atomics.load(i32, at >> 2)

/** Bytes in use, by the size class of their blocks. */
export function heapByClass(): Map<number, number> {
  const blocks = new Map<number, number>()
  const top = word(HEAP_TOP)
  for (let span = FIRST_SPAN; span < top;) {
    const kind = u8[SPANS + span / SPAN_SIZE]
    const bytes = kind === NO_CLASS ? SPAN_SIZE : classBytes(kind)
    if (kind !== NO_CLASS) {
      const room = SPAN_SIZE - (kind >= THINGS ? SPAN_HEADER : 0)
      blocks.set(kind, (blocks.get(kind) ?? 0) + Math.max(1, Math.floor(room / bytes)))
    }
    span += Math.max(SPAN_SIZE, bytes)
  }
  for (let kind = 0; kind < KINDS; kind++) {
    const had = blocks.get(kind)
    if (had === undefined) continue
    const central = CLASSES + kind * CLASS_SIZE
    const bytes = classBytes(kind)
    let free = lengthOf(word(central + CLASS_FREE))
    if (bytes <= SPAN_SIZE / 2)
      free += Math.floor((word(central + CLASS_CARVE_END) - word(central + CLASS_CARVE)) / bytes)
    for (let n = 1; n < MAX_SLOTS; n++) free += lengthOf(word(SLOTS + n * SLOT_SIZE + SLOT_CACHES + kind * 8))
    blocks.set(kind, (had - free) * bytes)
  }
  for (let n = 1; n < MAX_SLOTS; n++) {
    const scratch = word(SLOTS + n * SLOT_SIZE + SLOT_SCRATCH)
    if (scratch === 0) continue
    const kind = u8[SPANS + Math.floor(scratch / SPAN_SIZE)]
    blocks.set(kind, blocks.get(kind)! - classBytes(kind))
  }
  return blocks
}

function lengthOf(list: number): number {
  let length = 0
  for (let block = list; block !== 0; block = word(block)) length++
  return length
}

export function heapInUse(): number {
  return [...heapByClass().values()].reduce((sum, bytes) => sum + bytes, 0)
}

/** Looks at the memory again and again, and says whether it stays as it was. */
export class Watched {
  readonly #samples: { readonly heap: number; readonly rss: number }[] = []

  sample(): string {
    ;(globalThis as { gc?: () => void }).gc?.()
    const [heap, rss] = [heapInUse(), process.memoryUsage.rss()]
    this.#samples.push({ heap, rss })
    return `${(heap / 1024).toFixed(0)} KiB of the heap in use, ${(rss / 2 ** 20).toFixed(0)} MiB resident`
  }

  /**
   * The heap is as it was after the first `warm` samples. What is resident includes what each worker's collector keeps,
   * which grows for long and then stays: the last quarter is compared with the half before it.
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
