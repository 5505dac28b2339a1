/**
 * A hash table with open addressing and linear probing. The caller holds the lock that protects it.
 *
 *   +0   BUCKETS          number of buckets, a power of two
 *   +4   USED             number of buckets that are not empty
 *   +8   TABLE_NODES      number of nodes
 *   +16  TABLE_FIRST      end: the buckets follow, a word each: 0 empty, REMOVED, else the address of a node
 *
 * A node:
 *
 *   +0   NODE_HASH        hash of the key
 *   +4   NODE_KEY_LENGTH  length of the key
 *   +8   NODE_BLOCK       the value's allocation; 0 if the value is the number
 *   +12  NODE_LENGTH      its length
 *   +16  NODE_NUMBER      f64: the number
 *   +24  NODE_KEY         end: the key follows
 *
 * A probe for a key starts at its hash. Every change takes effect in one store, its last. So a holder that dies during
 * a change leaves a valid table whose counts may be wrong; `recountTable` corrects them.
 */
import { copy, get, multiply, set } from './memory.ts'
import { allocate, free } from './alloc.ts'

const BUCKETS: i32 = 0
const USED: i32 = 4
export const TABLE_NODES: i32 = 8
export const TABLE_FIRST: i32 = 16

const REMOVED: i32 = 1
const MIN_BUCKETS: i32 = 8

const NODE_HASH: i32 = 0
const NODE_KEY_LENGTH: i32 = 4
export const NODE_BLOCK: i32 = 8
export const NODE_LENGTH: i32 = 12
export const NODE_NUMBER: i32 = 16
export const NODE_KEY: i32 = 24

/** Allocates a table without nodes. Returns 0 if the heap is full. */
export function newTable(self: i32): i32 {
  return tableOf(self, MIN_BUCKETS)
}

function tableOf(self: i32, buckets: i32): i32 {
  const table = allocate(self, TABLE_FIRST + (buckets << 2))
  if (table == 0) return 0
  set(table + BUCKETS, buckets)
  set(table + USED, 0)
  set(table + TABLE_NODES, 0)
  for (let i: i32 = 0; i < buckets; i++) set(table + TABLE_FIRST + (i << 2), 0)
  return table
}

/**
 * Returns the hash of `length` bytes, a multiple of 8: the mixing steps of the 32-bit MurmurHash3 (Appleby), started
 * with the length.
 */
export function hashBytes(at: i32, length: i32): i32 {
  let hash: i32 = length
  for (let i: i32 = 0; i < length; i += 4) {
    let word = multiply(get(at + i), -862048943)
    word = multiply((word << 15) | (word >>> 17), 461845907)
    hash ^= word
    hash = multiply((hash << 13) | (hash >>> 19), 5) - 430675100
    hash |= 0
  }
  hash = multiply(hash ^ (hash >>> 16), -2048144789)
  hash = multiply(hash ^ (hash >>> 13), -1028477387)
  return hash ^ (hash >>> 16)
}

/** Returns the node whose key is these bytes, or 0 if the table has no such node. */
export function tableFind(table: i32, hash: i32, key: i32, length: i32): i32 {
  const mask: i32 = get(table + BUCKETS) - 1
  let i: i32 = hash & mask
  while (true) {
    const node = get(table + TABLE_FIRST + (i << 2))
    if (node == 0) return 0
    if (node != REMOVED && get(node + NODE_HASH) == hash && sameKey(node, key, length) != 0) return node
    i = (i + 1) & mask
  }
}

function sameKey(node: i32, key: i32, length: i32): i32 {
  if (get(node + NODE_KEY_LENGTH) != length) return 0
  for (let i: i32 = 0; i < length; i += 4) if (get(node + NODE_KEY + i) != get(key + i)) return 0
  return 1
}

/** Allocates a node for a key that is in no table. The caller stores the value. Returns 0 if the heap is full. */
export function newNode(self: i32, hash: i32, key: i32, length: i32): i32 {
  const node = allocate(self, NODE_KEY + length)
  if (node == 0) return 0
  set(node + NODE_HASH, hash)
  set(node + NODE_KEY_LENGTH, length)
  set(node + NODE_BLOCK, 0)
  set(node + NODE_LENGTH, 0)
  copy(node + NODE_KEY, key, length)
  return node
}

/**
 * Adds a node to the table whose address is at `holder`; the table may be replaced by a larger one. Returns 0 if the
 * heap is full.
 */
export function tableAdd(self: i32, holder: i32, node: i32): i32 {
  let table = get(holder)
  const buckets = get(table + BUCKETS)
  // At least a quarter of the buckets stay empty, so that every probe ends.
  if ((get(table + USED) + 1) * 4 > buckets * 3) {
    table = rebuilt(self, table, buckets)
    if (table == 0) return 0
    const old = get(holder)
    set(holder, table)
    free(self, old)
  }
  put(table, node)
  set(table + TABLE_NODES, get(table + TABLE_NODES) + 1)
  return 1
}

/**
 * Copies the nodes into a new table: twice as large if nodes fill more than half of the buckets, else without removed
 * nodes.
 */
function rebuilt(self: i32, table: i32, buckets: i32): i32 {
  const larger = tableOf(self, get(table + TABLE_NODES) * 2 > buckets ? buckets << 1 : buckets)
  if (larger == 0) return 0
  for (let i: i32 = 0; i < buckets; i++) {
    const node = get(table + TABLE_FIRST + (i << 2))
    if (node > REMOVED) put(larger, node)
  }
  set(larger + TABLE_NODES, get(table + TABLE_NODES))
  return larger
}

function put(table: i32, node: i32): void {
  const mask: i32 = get(table + BUCKETS) - 1
  let i: i32 = get(node + NODE_HASH) & mask
  while (get(table + TABLE_FIRST + (i << 2)) > REMOVED) i = (i + 1) & mask
  const at: i32 = table + TABLE_FIRST + (i << 2)
  if (get(at) == 0) set(table + USED, get(table + USED) + 1)
  set(at, node)
}

/** Removes a node. The caller owns the node from then on. */
export function tableRemove(table: i32, node: i32): void {
  const mask: i32 = get(table + BUCKETS) - 1
  let i: i32 = get(node + NODE_HASH) & mask
  while (get(table + TABLE_FIRST + (i << 2)) != node) i = (i + 1) & mask
  set(table + TABLE_FIRST + (i << 2), REMOVED)
  set(table + TABLE_NODES, get(table + TABLE_NODES) - 1)
}

/**
 * Returns the first node at bucket `from` or later and stores the following bucket in `next`. Returns 0 after the last
 * node.
 */
export function tableNext(table: i32, from: i32, next: i32): i32 {
  const buckets = get(table + BUCKETS)
  for (let i: i32 = from; i < buckets; i++) {
    const node = get(table + TABLE_FIRST + (i << 2))
    if (node <= REMOVED) continue
    set(next, i + 1)
    return node
  }
  return 0
}

/** Recomputes the counts after a holder of the table's lock died. */
export function recountTable(table: i32): void {
  const buckets = get(table + BUCKETS)
  let used: i32 = 0
  let nodes: i32 = 0
  for (let i: i32 = 0; i < buckets; i++) {
    const node = get(table + TABLE_FIRST + (i << 2))
    if (node != 0) used++
    if (node > REMOVED) nodes++
  }
  set(table + USED, used)
  set(table + TABLE_NODES, nodes)
}
