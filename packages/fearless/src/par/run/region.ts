/**
 * A parallel region: the heap object of one run whose chunks are shared with other threads. It holds a wait queue, a
 * count of unfinished chunks (rayon's `CountLatch`), and a record for each chunk.
 *
 *   +0   -             wait queue of its owner
 *   +12  REFERENCES    references
 *   +16  LEFT          number of chunks that are not finished
 *   +20  LAST          the last chunk that is needed
 *   +24  DIED          block with the error of a dead helper
 *   +28  DIED_LENGTH   its length
 *   +32  SERIAL        its serial number
 *   +36  CHUNKS        number of chunks
 *   +40  LENGTH        f64: number of items
 *   +48  START         f64: start of a range, or address of a vec
 *   +56  TABLE         the chunk records
 *   +60  PLAN          the plan, encoded
 *   +64  PLAN_LENGTH   its length
 *   +68  FIRST_ITEM    first item that is shared
 *   +72  ITEMS         packed items
 *   +76  RESULTS       packed results
 *   +80  NEXT          the owner's next region
 *   +84  ITEM_SOURCE   source of the items
 *   +88  OWNER         the owner's slot
 *   +96  REGION_BYTES  end
 *
 * - The owner holds one reference, and so does each job in a deque or in the hands of a thread. The last drop frees the
 *   region.
 * - Each chunk is run by exactly one thread, and only this thread writes the chunk's record.
 * - Finishing chunks (an atomic subtraction) passes their records to the owner, which reads them once none is
 *   unfinished.
 * - The last needed chunk only decreases.
 *
 * A dead owner leaves its regions in the list of its slot; a dead helper leaves its jobs (on-worker-death.ts).
 */
import { add, cas, get, getFloat, load, set, setFloat, store, swap } from '../../core/memory.ts'
import { core, self } from '../../core/index.ts'
import { PAR_SERIAL, SLOT_REGIONS } from '../../core/layout.ts'
import { allocate, i32, free } from '../../memory/heap.ts'
import { discardBlock, type EncodedBlock } from '../../memory/codec/message.ts'
import { CELLS, type Cell } from '../../memory/struct/views.ts'
import type { VecMemory } from '../../sync/vec.ts'

export const REFERENCES = 12
const LEFT = 16
const LAST = 20
const DIED = 24
const DIED_LENGTH = 28
const SERIAL = 32
const CHUNKS = 36
const LENGTH = 40
const START = 48
const TABLE = 56
const PLAN = 60
const PLAN_LENGTH = 64
const FIRST_ITEM = 68
const ITEMS = 72
const RESULTS = 76
const NEXT = 80
const ITEM_SOURCE = 84
const OWNER = 88
const REGION_BYTES = 96

// A chunk's record.
export const CHUNK_NUMBER = 0 // f64: its result, if that is a number
export const CHUNK_OUTCOME = 8 // NO_RESULT, A_NUMBER, A_VALUE or A_PANIC
export const CHUNK_COUNT = 12 // the count of its packed results
export const CHUNK_BLOCK = 16 // its result otherwise, encoded
export const CHUNK_BLOCK_LENGTH = 20
export const CHUNK_KIND = 24 // the form of its items
export const CHUNK_DATA = 28
export const CHUNK_DATA_LENGTH = 32
const CHUNK_BYTES = 40 // end

export const NO_RESULT = 0
export const A_NUMBER = 1
export const A_VALUE = 2
export const A_PANIC = 3

export const NOT_SHARED = 0
export const INTS = 1
export const FLOATS = 2
export const ENCODED = 3

// The source of the items: 0 if each chunk has its items packed or encoded, a range, or (from 2 on) the cells of a vec.
const RANGE = 1
const CELLS_OF_VEC = 2

/** More results than this are not packed, because a filter over a huge range may keep only a few items. */
const MAX_PACKED_BYTES = 0x1000_0000

/** All chunks are needed. */
const ALL_CHUNKS = 0x7fff_ffff
/** No chunk is needed. */
const NO_CHUNK = -1

/** No block has this address. */
const DIED_WITHOUT_ERROR = 1

interface RegionOptions {
  readonly chunks: number
  /** The first chunk that is shared. Those before it are finished. */
  readonly from: number
  readonly length: number
  readonly firstItem: number
  /** A source that every thread reads in its place. Undefined if items must be copied to other threads. */
  readonly items: { readonly start: number } | { readonly vec: VecMemory } | undefined
  /** Whether results may be packed numbers. */
  readonly packs: boolean
}

/** Makes a region that this thread owns. Throws `HeapFullError`, and has changed nothing then. */
export function newRegion(options: RegionOptions): number {
  const { chunks, from, length, firstItem, items, packs } = options
  const bytes = (length - firstItem) * 8
  const blocks: number[] = []
  try {
    for (const size of [
      REGION_BYTES,
      chunks * CHUNK_BYTES,
      items === undefined ? bytes : 0,
      packs && bytes <= MAX_PACKED_BYTES ? bytes : 0,
    ]) {
      blocks.push(size === 0 ? 0 : allocate(size))
    }
  } catch (error) {
    for (const block of blocks) if (block !== 0) free(block)
    throw error
  }
  const [region, table, packed, results] = blocks
  i32.fill(0, region >> 2, (region + REGION_BYTES) >> 2)
  i32.fill(0, table >> 2, (table + chunks * CHUNK_BYTES) >> 2)
  set(region + REFERENCES, 1)
  set(region + LEFT, chunks - from)
  set(region + LAST, ALL_CHUNKS)
  set(region + SERIAL, add(PAR_SERIAL, 1))
  set(region + CHUNKS, chunks)
  setFloat(region + LENGTH, length)
  if (items !== undefined) {
    const isRange = 'start' in items
    setFloat(region + START, isRange ? items.start : items.vec.at)
    set(region + ITEM_SOURCE, isRange ? RANGE : CELLS_OF_VEC + CELLS.indexOf(items.vec.cell))
  }
  set(region + TABLE, table)
  set(region + FIRST_ITEM, firstItem)
  set(region + ITEMS, packed)
  set(region + RESULTS, results)
  set(region + OWNER, self)
  set(region + NEXT, get(self + SLOT_REGIONS))
  set(self + SLOT_REGIONS, region)
  return region
}

/** Removes the region from its owner's list, cancels its chunks and drops the owner's reference. */
export function closeRegion(region: number): void {
  let at = self + SLOT_REGIONS
  while (get(at) !== region) at = get(at) + NEXT
  set(at, get(region + NEXT))
  cancelAll(region)
  dropRegion(region)
}

/** Does the same for all regions of a dead owner. Called by the reaper. */
export function closeRegionsOf(slot: number): void {
  for (let region = get(slot + SLOT_REGIONS); region !== 0;) {
    const next = get(region + NEXT)
    cancelAll(region)
    dropRegion(region)
    region = next
  }
}

/** Adds a reference. */
export function retainRegion(region: number): void {
  add(region + REFERENCES, 1)
}

/** Drops a reference. The last drop frees the region with its blocks. */
export function dropRegion(region: number): void {
  if (add(region + REFERENCES, -1) !== 1) return
  for (let c = 0; c < chunksIn(region); c++) {
    const chunk = chunkAt(region, c)
    freeBlock(chunk + CHUNK_BLOCK)
    freeBlock(chunk + CHUNK_DATA)
  }
  freeBlock(region + PLAN)
  if (get(region + DIED) !== DIED_WITHOUT_ERROR) freeBlock(region + DIED)
  for (const block of [TABLE, ITEMS, RESULTS]) {
    const at = get(region + block)
    if (at !== 0) free(at)
  }
  free(region)
}

function freeBlock(word: number): void {
  const at = get(word)
  if (at !== 0) discardBlock(at, get(word + 4))
}

/** The record of a chunk. */
export function chunkAt(region: number, chunk: number): number {
  return get(region + TABLE) + chunk * CHUNK_BYTES
}
export function chunksIn(region: number): number {
  return get(region + CHUNKS)
}
export function itemsIn(region: number): number {
  return getFloat(region + LENGTH)
}
export function serialOf(region: number): number {
  return get(region + SERIAL)
}

/** The slot of the thread that owns the region. */
export function ownerOf(region: number): number {
  return get(region + OWNER)
}

/** The start of a range. Returns undefined for another source. */
export function startOf(region: number): number | undefined {
  if (get(region + ITEM_SOURCE) !== RANGE) return undefined
  const start = getFloat(region + START)
  // A small integer, not a double of the same value: loops over doubles are 3x slower at `%` and comparisons.
  return (start | 0) === start ? start | 0 : start
}

/** The vec that is the source. Returns undefined for another source. */
export function vecOf(region: number): { readonly cell: Cell; readonly at: number } | undefined {
  const kind = get(region + ITEM_SOURCE)
  return kind < CELLS_OF_VEC ? undefined : { cell: CELLS[kind - CELLS_OF_VEC], at: getFloat(region + START) }
}

/** The address of an item among the packed items. */
export function packedItem(region: number, item: number): number {
  return get(region + ITEMS) + (item - get(region + FIRST_ITEM)) * 8
}

/**
 * The address of the packed results of the chunk whose first item is `item`. Returns undefined if results are not
 * packed.
 */
export function packedResults(region: number, item: number): number | undefined {
  const results = get(region + RESULTS)
  return results === 0 ? undefined : results + (item - get(region + FIRST_ITEM)) * 8
}

/** The wait queue of the owner. */
export function waitQueueOf(region: number): number {
  return region
}

/** Whether the owner's wait is complete: all chunks are finished, or a helper died with a job of the region. */
export function isFinished(region: number): boolean {
  return load(region + LEFT) === 0 || load(region + DIED) !== 0
}

/** Finishes chunks, which were run or not needed. The thread that finishes the last chunk notifies the owner. */
export function finishChunks(region: number, count: number): void {
  core.announceWakeUp(self, waitQueueOf(region))
  if (add(region + LEFT, -count) === count) core.wakeAll(self, waitQueueOf(region))
  core.endAnnouncement(self)
}

/** Cancels the chunks after this one. */
export function cancelAfter(region: number, chunk: number): void {
  const at = region + LAST
  for (let last = load(at); chunk < last; last = load(at)) {
    if (cas(at, last, chunk) === last) return
  }
}

/** Cancels all chunks. */
export function cancelAll(region: number): void {
  cancelAfter(region, NO_CHUNK)
}

/** Whether a chunk was not cancelled. */
export function isNeeded(region: number, chunk: number): boolean {
  return chunk <= load(region + LAST)
}

/**
 * Ends the owner's wait with the error of a dead helper, which is undefined if the heap had no room for it, and cancels
 * all chunks. Only the reaper calls it, one death after the other.
 */
export function failRegion(region: number, error: EncodedBlock | undefined): void {
  cancelAll(region)
  set(region + DIED_LENGTH, error?.length ?? 0)
  // Passes the length to the owner.
  store(region + DIED, error?.at ?? DIED_WITHOUT_ERROR)
  core.wakeAll(self, waitQueueOf(region))
}

/** The error of a dead helper, of length 0 if the heap had no room for it. Returns undefined if none died. */
export function deathIn(region: number): EncodedBlock | undefined {
  const at = load(region + DIED)
  return at === 0 ? undefined : { at, length: get(region + DIED_LENGTH) }
}

/** Passes the plan to all threads. */
export function publishPlan(region: number, plan: EncodedBlock): void {
  set(region + PLAN_LENGTH, plan.length)
  store(region + PLAN, plan.at)
}

/**
 * Takes the plan out of the region. The caller must publish it again soon. Returns undefined while another thread holds
 * it.
 */
export function takePlan(region: number): EncodedBlock | undefined {
  const at = swap(region + PLAN, 0)
  return at === 0 ? undefined : { at, length: get(region + PLAN_LENGTH) }
}
