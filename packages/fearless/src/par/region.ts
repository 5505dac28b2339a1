/**
 * A parallel region in the heap: work that its owner shares with other threads, in chunks.
 *
 *   +0   wait queue of its owner        +12  references      +16  chunks not finished
 *   +20  the last chunk worth running   +24  block that says how a helper died, and its length
 *   +32  its serial number              +36  chunks          +40  items (f64)
 *   +48  where a range begins, or a vec (f64)    +56  chunk records   +60  plan, encoded, and its length
 *   +68  first item that is shared      +72  packed items    +76  packed results
 *   +80  the owner's next region        +84  what the items are            +88  the owner's slot
 *
 * The owner holds a reference, so does every offer in a deque and every task that a thread has taken from another; who
 * drops the last one frees the region. A chunk is run by exactly one thread, which alone writes its record; finishing
 * chunks (an atomic subtraction) passes the records to the owner, who reads them when none is left.
 */
import { core, self } from '../core/index.ts'
import { PAR_SERIAL, SLOT_REGIONS } from '../core/layout.ts'
import { allocate, f64, i32, free } from '../memory/heap.ts'
import { discardBlock, type EncodedBlock } from '../memory/codec/message.ts'
import { CELLS, type Cell } from '../memory/struct/views.ts'
import type { VecMemory } from '../sync/vec.ts'

const REFERENCES = 12
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
const ITEMS_ARE = 84
const OWNER = 88
const REGION_BYTES = 96

// A chunk's record.
export const CHUNK_NUMBER = 0 // f64: its outcome, if that is a number
export const CHUNK_OUTCOME = 8
export const CHUNK_COUNT = 12 // how many numbers it put among the packed results
export const CHUNK_BLOCK = 16 // its outcome otherwise, encoded
export const CHUNK_BLOCK_LENGTH = 20
export const CHUNK_KIND = 24 // how its items are given
export const CHUNK_DATA = 28
export const CHUNK_DATA_LENGTH = 32
const CHUNK_BYTES = 40

export const NOTHING = 0
export const A_NUMBER = 1
export const A_VALUE = 2
export const A_PANIC = 3

export const NOT_SHARED = 0
export const INTS = 1
export const FLOATS = 2
export const ENCODED = 3

// What the items are if not packed or encoded for each chunk (0): a range, or (from here on) the cells of a vec.
const RANGE = 1
const CELLS_OF_VEC = 2

/** More results than this are not packed: a filter over a huge range may keep but a few. */
const MOST_PACKED_BYTES = 0x1000_0000

const ALL = 0x7fff_ffff
const NONE = -1

export interface RegionOptions {
  readonly chunks: number
  /** The first chunk that is shared; those before are done. */
  readonly from: number
  readonly length: number
  readonly firstItem: number
  /** Where the items are, if others need not be given them. */
  readonly items: { readonly start: number } | { readonly vec: VecMemory } | undefined
  /** Whether results may be packed numbers. */
  readonly packs: boolean
}

/** A region that this thread owns. Throws `HeapFullError`; nothing has happened then. */
export function newRegion(options: RegionOptions): number {
  const { chunks, from, length, firstItem, items, packs } = options
  const bytes = (length - firstItem) * 8
  const blocks: number[] = []
  try {
    for (const size of [
      REGION_BYTES,
      chunks * CHUNK_BYTES,
      items === undefined ? bytes : 0,
      packs && bytes <= MOST_PACKED_BYTES ? bytes : 0,
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
  i32[(region + REFERENCES) >> 2] = 1
  i32[(region + LEFT) >> 2] = chunks - from
  i32[(region + LAST) >> 2] = ALL
  i32[(region + SERIAL) >> 2] = Atomics.add(i32, PAR_SERIAL >> 2, 1)
  i32[(region + CHUNKS) >> 2] = chunks
  f64[(region + LENGTH) >> 3] = length
  if (items !== undefined) {
    const isRange = 'start' in items
    f64[(region + START) >> 3] = isRange ? items.start : items.vec.at
    i32[(region + ITEMS_ARE) >> 2] = isRange ? RANGE : CELLS_OF_VEC + CELLS.indexOf(items.vec.cell)
  }
  i32[(region + TABLE) >> 2] = table
  i32[(region + FIRST_ITEM) >> 2] = firstItem
  i32[(region + ITEMS) >> 2] = packed
  i32[(region + RESULTS) >> 2] = results
  i32[(region + OWNER) >> 2] = self
  i32[(region + NEXT) >> 2] = i32[(self + SLOT_REGIONS) >> 2]
  i32[(self + SLOT_REGIONS) >> 2] = region
  return region
}

/** The owner is through with its region. */
export function leaveRegion(region: number): void {
  let at = self + SLOT_REGIONS
  while (i32[at >> 2] !== region) at = i32[at >> 2] + NEXT
  i32[at >> 2] = i32[(region + NEXT) >> 2]
  stopAfter(region, NONE)
  dropRegion(region)
}

/** The regions of a dead owner: nobody wants their results. */
export function buryRegions(slot: number): void {
  for (let region = i32[(slot + SLOT_REGIONS) >> 2]; region !== 0;) {
    const next = i32[(region + NEXT) >> 2]
    stopAfter(region, NONE)
    dropRegion(region)
    region = next
  }
}

export function holdRegion(region: number): void {
  Atomics.add(i32, (region + REFERENCES) >> 2, 1)
}

export function dropRegion(region: number): void {
  if (Atomics.sub(i32, (region + REFERENCES) >> 2, 1) !== 1) return
  for (let c = 0; c < chunksIn(region); c++) {
    const chunk = chunkAt(region, c)
    freeBlock(chunk + CHUNK_BLOCK)
    freeBlock(chunk + CHUNK_DATA)
  }
  freeBlock(region + PLAN)
  freeBlock(region + DIED)
  for (const block of [TABLE, ITEMS, RESULTS]) {
    const at = i32[(region + block) >> 2]
    if (at !== 0) free(at)
  }
  free(region)
}

function freeBlock(word: number): void {
  const at = i32[word >> 2]
  if (at !== 0) discardBlock(at, i32[(word + 4) >> 2])
}

export function chunkAt(region: number, chunk: number): number {
  return i32[(region + TABLE) >> 2] + chunk * CHUNK_BYTES
}
export function chunksIn(region: number): number {
  return i32[(region + CHUNKS) >> 2]
}
export function itemsIn(region: number): number {
  return f64[(region + LENGTH) >> 3]
}
export function serialOf(region: number): number {
  return i32[(region + SERIAL) >> 2]
}

/** Slot of the thread that waits for the region. */
export function ownerOf(region: number): number {
  return i32[(region + OWNER) >> 2]
}

/** Where a range begins; undefined if the items are given otherwise. */
export function startOf(region: number): number | undefined {
  if (i32[(region + ITEMS_ARE) >> 2] !== RANGE) return undefined
  const start = f64[(region + START) >> 3]
  // A small integer, not a double of the same value: loops over doubles are 3x slower at `%` and comparisons.
  return (start | 0) === start ? start | 0 : start
}

/** The vec whose numbers the items are; undefined if they are given otherwise. */
export function vecOf(region: number): { readonly cell: Cell; readonly at: number } | undefined {
  const kind = i32[(region + ITEMS_ARE) >> 2]
  return kind < CELLS_OF_VEC ? undefined : { cell: CELLS[kind - CELLS_OF_VEC], at: f64[(region + START) >> 3] }
}

/** Where item `item` lies among the packed ones. */
export function packedItem(region: number, item: number): number {
  return i32[(region + ITEMS) >> 2] + (item - i32[(region + FIRST_ITEM) >> 2]) * 8
}

/** Where the results of a chunk that begins with `item` are packed; undefined if results are not packed. */
export function packedResults(region: number, item: number): number | undefined {
  const results = i32[(region + RESULTS) >> 2]
  return results === 0 ? undefined : results + (item - i32[(region + FIRST_ITEM) >> 2]) * 8
}

/** The queue in which the owner waits. */
export function queueOf(region: number): number {
  return region
}

/** Whether the owner need not wait any more: all is done, or a helper died with a part of it. */
export function isOver(region: number): boolean {
  return Atomics.load(i32, (region + LEFT) >> 2) === 0 || Atomics.load(i32, (region + DIED) >> 2) !== 0
}

/** These chunks are done, or need not be done. Whoever finishes the last one wakes the owner. */
export function finishChunks(region: number, count: number): void {
  core.announceWakeUp(self, queueOf(region))
  if (Atomics.sub(i32, (region + LEFT) >> 2, count) === count) core.wakeAll(self, queueOf(region))
  core.endAnnouncement(self)
}

/** Chunks after this one need not run any more. */
export function stopAfter(region: number, chunk: number): void {
  const at = (region + LAST) >> 2
  for (let last = Atomics.load(i32, at); chunk < last; last = Atomics.load(i32, at)) {
    if (Atomics.compareExchange(i32, at, last, chunk) === last) return
  }
}

/** No chunk need run any more. */
export function stopAll(region: number): void {
  stopAfter(region, NONE)
}

export function isWanted(region: number, chunk: number): boolean {
  return chunk <= Atomics.load(i32, (region + LAST) >> 2)
}

/** The helper that had taken a part of it is dead. */
export function regionDied(region: number, why: EncodedBlock): void {
  stopAll(region)
  i32[(region + DIED_LENGTH) >> 2] = why.length
  if (Atomics.compareExchange(i32, (region + DIED) >> 2, 0, why.at) !== 0) free(why.at)
  core.wakeAll(self, queueOf(region))
}

/** How a helper died; undefined if none did. */
export function deathIn(region: number): EncodedBlock | undefined {
  const at = Atomics.load(i32, (region + DIED) >> 2)
  return at === 0 ? undefined : { at, length: i32[(region + DIED_LENGTH) >> 2] }
}

export function setPlan(region: number, plan: EncodedBlock): void {
  i32[(region + PLAN_LENGTH) >> 2] = plan.length
  Atomics.store(i32, (region + PLAN) >> 2, plan.at)
}

/** Takes the plan away from the region: whoever does gives it back soon. Undefined while another thread has it. */
export function takePlan(region: number): EncodedBlock | undefined {
  const at = Atomics.exchange(i32, (region + PLAN) >> 2, 0)
  return at === 0 ? undefined : { at, length: i32[(region + PLAN_LENGTH) >> 2] }
}
