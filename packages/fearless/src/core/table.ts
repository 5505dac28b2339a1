/**
 * A hash table of nodes, whose lock its caller holds.
 *
 *   +0   how many places it has, a power of two    +4   places not empty    +8   nodes in it
 *   +16  the places: 0 empty, 1 a node was here, else a node
 *
 *   a node:  +0 hash  +4 bytes of its key  +8 value block, 0 if the value is the number  +12 its length
 *            +16 the number  +24 the key
 *
 * Linear probing; a place is looked for from the hash on. Every change is one store at the end of what it takes, so that
 * a holder who dies on the way leaves a whole table behind: at most the counts are wrong then, and `recount` mends them.
 */
import { copy, get, multiply, set } from './memory.ts'
import { allocate, release } from './alloc.ts'

const PLACES: i32 = 0
const USED: i32 = 4
export const TABLE_NODES: i32 = 8
export const TABLE_FIRST: i32 = 16
const GONE: i32 = 1
const FEWEST: i32 = 8

const NODE_HASH: i32 = 0
const NODE_KEY_LENGTH: i32 = 4
export const NODE_BLOCK: i32 = 8
export const NODE_LENGTH: i32 = 12
export const NODE_NUMBER: i32 = 16
export const NODE_KEY: i32 = 24

/** A table without nodes; 0 if the heap is full. */
export function newTable(self: i32): i32 {
  return tableOf(self, FEWEST)
}

function tableOf(self: i32, places: i32): i32 {
  const table = allocate(self, TABLE_FIRST + (places << 2))
  if (table == 0) return 0
  set(table + PLACES, places)
  set(table + USED, 0)
  set(table + TABLE_NODES, 0)
  for (let i: i32 = 0; i < places; i++) set(table + TABLE_FIRST + (i << 2), 0)
  return table
}

/** A hash of so many bytes, a multiple of 8. Murmur3's finish (Appleby), over words multiplied and rotated as it does. */
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

/** The node with these bytes as its key; 0 if there is none. */
export function tableFind(table: i32, hash: i32, key: i32, length: i32): i32 {
  const mask: i32 = get(table + PLACES) - 1
  let i: i32 = hash & mask
  while (true) {
    const node = get(table + TABLE_FIRST + (i << 2))
    if (node == 0) return 0
    if (node != GONE && get(node + NODE_HASH) == hash && sameKey(node, key, length) != 0) return node
    i = (i + 1) & mask
  }
}

function sameKey(node: i32, key: i32, length: i32): i32 {
  if (get(node + NODE_KEY_LENGTH) != length) return 0
  for (let i: i32 = 0; i < length; i += 4) if (get(node + NODE_KEY + i) != get(key + i)) return 0
  return 1
}

/** A node for a key that no table has, into which a value is to be put; 0 if the heap is full. */
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

/** Puts a node into the table whose address is at `holder`, which grows if it must; 0 if the heap is full. */
export function tableAdd(self: i32, holder: i32, node: i32): i32 {
  let table = get(holder)
  const places = get(table + PLACES)
  // At most three quarters are not empty: a search always ends.
  if ((get(table + USED) + 1) * 4 > places * 3) {
    table = rebuilt(self, table, places)
    if (table == 0) return 0
    const old = get(holder)
    set(holder, table)
    release(self, old)
  }
  put(table, node)
  set(table + TABLE_NODES, get(table + TABLE_NODES) + 1)
  return 1
}

/** The same nodes in a table with room: twice as large if more than half are nodes, else without what is gone. */
function rebuilt(self: i32, table: i32, places: i32): i32 {
  const larger = tableOf(self, get(table + TABLE_NODES) * 2 > places ? places << 1 : places)
  if (larger == 0) return 0
  for (let i: i32 = 0; i < places; i++) {
    const node = get(table + TABLE_FIRST + (i << 2))
    if (node > GONE) put(larger, node)
  }
  set(larger + TABLE_NODES, get(table + TABLE_NODES))
  return larger
}

function put(table: i32, node: i32): void {
  const mask: i32 = get(table + PLACES) - 1
  let i: i32 = get(node + NODE_HASH) & mask
  while (get(table + TABLE_FIRST + (i << 2)) > GONE) i = (i + 1) & mask
  const at: i32 = table + TABLE_FIRST + (i << 2)
  if (get(at) == 0) set(table + USED, get(table + USED) + 1)
  set(at, node)
}

/** Takes a node out; it is the caller's then. */
export function tableRemove(table: i32, node: i32): void {
  const mask: i32 = get(table + PLACES) - 1
  let i: i32 = get(node + NODE_HASH) & mask
  while (get(table + TABLE_FIRST + (i << 2)) != node) i = (i + 1) & mask
  set(table + TABLE_FIRST + (i << 2), GONE)
  set(table + TABLE_NODES, get(table + TABLE_NODES) - 1)
}

/** The first node from place `from` on, and in `next` the place after it; 0 if there is none. */
export function tableNext(table: i32, from: i32, next: i32): i32 {
  const places = get(table + PLACES)
  for (let i: i32 = from; i < places; i++) {
    const node = get(table + TABLE_FIRST + (i << 2))
    if (node <= GONE) continue
    set(next, i + 1)
    return node
  }
  return 0
}

/** Counts anew after a holder of the table's lock died. */
export function recount(table: i32): void {
  const places = get(table + PLACES)
  let used: i32 = 0
  let nodes: i32 = 0
  for (let i: i32 = 0; i < places; i++) {
    const node = get(table + TABLE_FIRST + (i << 2))
    if (node != 0) used++
    if (node > GONE) nodes++
  }
  set(table + USED, used)
  set(table + TABLE_NODES, nodes)
}
