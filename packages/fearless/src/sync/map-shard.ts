/**
 * The shards of a ConcurrentMap: hash tables, each behind its own lock.
 *
 *   +0   OWNERS       owners
 *   +4   SHARDS       number of shards, a power of two
 *   +8   SITE         source location that created it (memory/creation-sites.ts)
 *   +12  FIRST_SHARD  end: the shards follow
 *
 * A shard:
 *
 *   +0   LOCK         the lock
 *   +4   TABLE        the hash table (core/table.ts)
 *   +8   ENTRIES      number of entries
 *   +12  SHARD_BYTES  end
 *
 * A value is replaced by one store of its block's address. So a holder that panics or dies leaves the previous value,
 * and the locks of a map are never poisoned.
 */
import { LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { PARALLELISM } from '../core/layout.ts'
import { add, get, getFloat, load, set, setFloat, store } from '../core/memory.ts'
import { LOCKED_POISONED, MUTEX_LOCK, MUTEX_LOST, MUTEX_POISONED } from '../core/mutex.ts'
import { NODE_BLOCK, NODE_LENGTH, NODE_NUMBER, TABLE_FIRST, TABLE_NODES } from '../core/table.ts'
import { NotSendError } from '../errors.ts'
import { decode, hasHandles, scratchAddress, type MoveDestination } from '../memory/codec/codec.ts'
import { newRecord, type MemoryUsage } from '../memory/handles/handle.ts'
import { allocate, allocationBytes, heapFullError, i32, free } from '../memory/heap.ts'
import { CONCURRENT_MAP } from '../memory/handles/kinds.ts'
import { encodeToBlock, type EncodedBlock } from '../memory/codec/message.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'

const OWNERS = 0
const SHARDS = 4
const SITE = 8
const FIRST_SHARD = 12

const LOCK = 0
const TABLE = 4
const ENTRIES = 8
const SHARD_BYTES = 12

/** Shards for each thread that the machine can run in parallel. */
const SHARDS_PER_THREAD = 4
const MAX_SHARDS = 256

/** An operation on one key, which runs under the lock of the key's shard. */
export interface KeyOperation {
  readonly shard: number
  /** Returns the entry; 0 if there is none. */
  node(): number
  /** Adds an entry for the key. `fill` stores its value. Throws `HeapFullError`. */
  add(fill: (node: number) => void): void
}

/** Returns the entries of a table. The holder of its lock may remove entries during the iteration. */
export function entriesOfShard(shard: number): number[] {
  return nodesOf(get(shard + TABLE))
}

function nodesOf(table: number): number[] {
  const nodes: number[] = []
  const place = allocate(16)
  try {
    set(place, 0)
    for (;;) {
      const node = core.tableNext(table, get(place), place)
      if (node === 0) return nodes
      nodes.push(node)
    }
  } finally {
    free(place)
  }
}

// -------------------------------------------------------------- locks of shards

export const shardCountOf = (map: number): number => get(map + SHARDS)
export const shardAt = (map: number, number: number): number => map + FIRST_SHARD + number * SHARD_BYTES

/**
 * Returns the shard index of a hash: its upper 8 bits. A table uses the lower bits as the slot, so the hashes of one
 * shard must differ in these. With bits 8 to 15 as the shard index, a search in a map of 100,000 entries probed 795
 * slots; now it probes 2 (concurrent-map.bench.ts).
 */
export const shardIndexOf = (map: number, hash: number): number => (hash >>> 24) & (shardCountOf(map) - 1)
export const shardLockOf = (shard: number): number => get(shard + LOCK)
export const isShardFree = (shard: number): boolean => load(shardLockOf(shard) + MUTEX_LOCK) === 0

export function tryLockShard(shard: number): boolean {
  const locked = core.mutexTry(self, shardLockOf(shard))
  if (locked !== LOCKED_POISONED) return locked !== 0
  // The previous holder died, at worst between two stores, so the counts of the table may be stale.
  core.recountTable(get(shard + TABLE))
  store(shardLockOf(shard) + MUTEX_POISONED, 0)
  return true
}

export function unlockShard(shard: number): void {
  // Published for `size`, which holds no lock and must not read a table that may be freed.
  store(shard + ENTRIES, get(get(shard + TABLE) + TABLE_NODES))
  core.mutexUnlock(self, shardLockOf(shard))
}

// -------------------------------------------------------------- entries

export function readNode(node: number): unknown {
  if (node === 0) return undefined
  const at = get(node + NODE_BLOCK)
  return at === 0 ? getFloat(node + NODE_NUMBER) : decode(at, get(node + NODE_LENGTH))
}

/**
 * Writes the value of a key. A value that cannot be sent is refused, and nothing has changed then. Without a
 * destination, the objects in `value` stay usable.
 */
export function writeNode(find: KeyOperation, value: unknown, to?: MoveDestination): void {
  if (typeof value === 'number') return placeValue(find, value, undefined)
  const place = (block: EncodedBlock): void => {
    refuseHandles()
    placeValue(find, value, block)
  }
  encodeToBlock(value, 'move', place, to)
}

function placeValue(find: KeyOperation, value: unknown, block: EncodedBlock | undefined): void {
  const node = find.node()
  if (node === 0) find.add(added => putValue(added, value, block))
  else putValue(node, value, block)
}

function putValue(node: number, value: unknown, block: EncodedBlock | undefined): void {
  const before = get(node + NODE_BLOCK)
  if (block === undefined) setFloat(node + NODE_NUMBER, value as number)
  else set(node + NODE_LENGTH, block.length)
  // ORDER: last. A holder that dies before this store leaves the previous value. A block without handles is used only
  // through its address.
  set(node + NODE_BLOCK, block?.at ?? 0)
  if (before !== 0) free(before)
}

/** Throws `NotSendError` if the value contains a handle: each reader decodes the bytes, and a handle has one owner. */
function refuseHandles(): void {
  if (!hasHandles(scratchAddress())) return
  throw new NotSendError(
    'A ConcurrentMap cannot hold a Mutex, a Sender or another handle. Keep plain data in it, and handles beside it.',
  )
}

export function addNode(shard: number, hash: number, at: number, length: number, fill: (node: number) => void): void {
  const node = core.newNode(self, hash, at, length)
  if (node !== 0) {
    // ORDER: the value before the entry. A holder that dies in between leaves no entry, instead of one without a value.
    fill(node)
    if (core.tableAdd(self, shard + TABLE, node) !== 0) return
    free(node)
  }
  throw heapFullError(length)
}

export function removeNode(shard: number, node: number): void {
  core.tableRemove(get(shard + TABLE), node)
  freeNode(node)
}

function freeNode(node: number): void {
  const block = get(node + NODE_BLOCK)
  if (block !== 0) free(block)
  free(node)
}

// -------------------------------------------------------------- the map

export function newMap(): number {
  const wanted = SHARDS_PER_THREAD * get(PARALLELISM)
  const shards = Math.min(MAX_SHARDS, 2 ** Math.ceil(Math.log2(wanted)))
  const map = allocate(FIRST_SHARD + shards * SHARD_BYTES)
  set(map + OWNERS, 1)
  set(map + SHARDS, 0)
  set(map + SITE, siteOfCaller())
  try {
    for (let k = 0; k < shards; k++) {
      newShard(shardAt(map, k))
      set(map + SHARDS, k + 1)
    }
    return newRecord(CONCURRENT_MAP, map, true)
  } catch (error) {
    freeMap(map)
    throw error
  }
}

function newShard(shard: number): void {
  const lock = core.allocateOfClass(self, LOCKS)
  if (lock === 0) throw heapFullError(64)
  const lost = get(lock + MUTEX_LOST)
  i32.fill(0, lock >> 2, (lock + 64) >> 2)
  set(lock + MUTEX_LOST, lost)
  set(shard + LOCK, lock)
  set(shard + ENTRIES, 0)
  const table = core.newTable(self)
  set(shard + TABLE, table)
  if (table !== 0) return
  free(lock)
  throw heapFullError(64)
}

function freeMap(map: number): void {
  for (let k = 0; k < shardCountOf(map); k++) {
    const shard = shardAt(map, k)
    const table = get(shard + TABLE)
    for (const node of nodesOf(table)) freeNode(node)
    free(table)
    free(shardLockOf(shard))
  }
  free(map)
}

/** Adds an owner of the map. */
export function shareMap(map: number): void {
  add(map + OWNERS, 1)
}

export function dropMap(map: number): void {
  if (add(map + OWNERS, -1) === 1) freeMap(map)
}

/** Returns the number of entries that a shard had when it was last unlocked. */
export function entryCountOf(shard: number): number {
  return load(shard + ENTRIES)
}

/** Returns the entry of a key; 0 if there is none. */
export function findNode(shard: number, hash: number, key: number, length: number): number {
  return core.tableFind(get(shard + TABLE), hash, key, length)
}

export function mapOwnerCount(map: number): number {
  return load(map + OWNERS)
}

/** The maximum number of entries that a heap report measures. Beyond it, the bytes are estimated. */
const MAX_MEASURED_ENTRIES = 1000

/** Measures a map for the heap report. Other threads may add and remove entries in the meantime. */
export function measureMap(map: number): MemoryUsage {
  let bytes = allocationBytes(map)
  let [entries, looked, inNodes] = [0, 0, 0]
  for (let k = 0; k < shardCountOf(map); k++) {
    const shard = shardAt(map, k)
    const table = get(shard + TABLE)
    bytes += allocationBytes(shardLockOf(shard)) + allocationBytes(table)
    entries += entryCountOf(shard)
    // RACE: the table may have been freed. Then any of its words is either no address of a block, or the address of
    // another block.
    const end = Math.min(table + allocationBytes(table), table + TABLE_FIRST + MAX_MEASURED_ENTRIES * 4)
    for (let place = table + TABLE_FIRST; place < end && looked < MAX_MEASURED_ENTRIES; place += 4) {
      const node = get(place)
      if (allocationBytes(node) === 0) continue
      looked++
      inNodes += allocationBytes(node) + allocationBytes(get(node + NODE_BLOCK))
    }
  }
  if (looked > 0) bytes += Math.round((inNodes * entries) / looked)
  return { bytes, site: get(map + SITE) }
}
