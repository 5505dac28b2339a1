/**
 * Shapes: the key sequences of plain objects, stored once for all threads (V8's hidden classes have the same purpose).
 *
 * The table is a linked list in the shared heap that only grows at its head:
 *
 *   +0   ENTRY_NEXT    next entry (byte address, 0 at the end)
 *   +4   ENTRY_NUMBER  number
 *   +8   ENTRY_COUNT   number of keys
 *   +12  ENTRY_KEYS    end: then for each key its length, and its UTF-16 units, padded to 4 bytes
 *
 * - An entry belongs to the thread that allocated it until a compare-exchange of SHAPES_HEAD publishes it. Afterwards
 *   it is never written.
 * - The number of an entry is its successor's plus one, so numbers are dense.
 * - A thread terminated before it publishes leaks its allocation. No other thread waits for it.
 * - Each thread also keeps a tree of keys. With it the writer finds a shape by one comparison per key while it iterates
 *   an object, and reads each property once.
 */
import { cas, get, load, set } from '../../core/memory.ts'
import { allocate, free, SHAPES_HEAD, u16 } from '../heap.ts'

/**
 * The most shapes in the table. Keys of further shapes are written with their object, because the table is never freed.
 */
const MOST_SHAPES = 4096
const MOST_KEYS = 48
const LONGEST_KEY = 128
/** The most nodes of one thread's tree, so that dynamic keys cannot fill its memory. */
const MOST_NODES = 16384
/** A shape is added to the table at this thread's second use of it. */
const MEETINGS = 2

const ENTRY_NEXT = 0
const ENTRY_NUMBER = 4
const ENTRY_COUNT = 8
const ENTRY_KEYS = 12

/** A key sequence that this thread has seen, or a prefix of one. */
export interface ShapeNode {
  /** Number in the shared table, or -1. The empty sequence is 0. */
  id: number
  met: number
  readonly depth: number
  readonly key: string
  readonly parent: ShapeNode | null
  /**
   * The key that followed the last time, and its node. At first the empty key and UNLEARNT. It is always a string, so
   * that a comparison with it compares two addresses.
   */
  nextKey: string
  next: ShapeNode
  others: Map<string, ShapeNode> | null
}

function node(key: string, parent: ShapeNode | null): ShapeNode {
  return {
    id: -1,
    met: 0,
    depth: parent === null ? 0 : parent.depth + 1,
    key,
    parent,
    nextKey: '',
    next: UNLEARNT,
    others: null,
  }
}

/** The node of sequences that are not learnt. Every key leads from it to itself. */
export const UNLEARNT: ShapeNode = {
  id: -1,
  met: 0,
  depth: 0,
  key: '',
  parent: null,
  nextKey: '',
  next: null as unknown as ShapeNode,
  others: null,
}
UNLEARNT.next = UNLEARNT

/** The empty sequence. */
export const ROOT = node('', null)
ROOT.id = 0

let nodes = 0

/** Returns the node that `key` leads to, and predicts it as the next one. */
export function nextShapeNode(from: ShapeNode, key: string): ShapeNode {
  if (from === UNLEARNT) return UNLEARNT
  let to = from.nextKey === key ? from.next : from.others?.get(key)
  if (to === undefined) {
    if (from.depth === MOST_KEYS || nodes === MOST_NODES || !isLearnable(key)) return UNLEARNT
    nodes++
    to = node(key, from)
    if (from.others === null) from.others = new Map()
    from.others.set(key, to)
  }
  from.nextKey = key
  from.next = to
  return to
}

/**
 * Whether a key may belong to a shape: index-like keys belong to dictionaries, and a literal cannot set `__proto__`.
 */
function isLearnable(key: string): boolean {
  const first = key.charCodeAt(0)
  return key.length <= LONGEST_KEY && !(first >= 48 && first <= 57) && key !== '__proto__'
}

export function keysOf(end: ShapeNode): string[] {
  const keys: string[] = []
  for (let at = end; at.parent !== null; at = at.parent) keys.push(at.key)
  return keys.reverse()
}

/** Returns the sequence's number, or -1. Adds it to the table if it was seen often enough and the table has room. */
export function learnShape(end: ShapeNode): number {
  if (end === UNLEARNT || ++end.met < MEETINGS) return -1
  end.id = number(keysOf(end))
  // A full table stays full, so this sequence never tries again.
  if (end.id < 0) end.met = -Infinity
  return end.id
}

/** The entries that this thread has read: keys by number, numbers by keys. */
const known: (readonly string[] | undefined)[] = [[]]
const numbers = new Map<string, number>()
let newest = 0

/** Returns the keys of shape `id`. */
export function shapeKeys(id: number): readonly string[] {
  if (id >= known.length) readNewEntries(load(SHAPES_HEAD))
  return known[id] as readonly string[]
}

const joined = (keys: readonly string[]) => JSON.stringify(keys)

function number(keys: readonly string[]): number {
  const name = joined(keys)
  let block = 0
  for (;;) {
    const head = load(SHAPES_HEAD)
    readNewEntries(head)
    const found = numbers.get(name) ?? (known.length > MOST_SHAPES ? -1 : undefined)
    if (found !== undefined) {
      // Our entry was not published: another thread has added the same keys, or the table is full.
      if (block !== 0) free(block)
      return found
    }
    if (block === 0) block = write(keys)
    if (block === 0) return -1
    const mine = known.length
    set(block + ENTRY_NEXT, head)
    set(block + ENTRY_NUMBER, mine)
    // RACE: another thread may publish first. The loop then reads its entry, and ours gets the next number. A
    // successful exchange passes the entry to all threads.
    if (cas(SHAPES_HEAD, head, block) === head) {
      readNewEntries(block)
      return mine
    }
  }
}

/** Reads the entries from `head` down to the newest one that this thread has read. */
function readNewEntries(head: number): void {
  for (let at = head; at !== newest; at = get(at + ENTRY_NEXT)) {
    const keys = read(at)
    known[get(at + ENTRY_NUMBER)] = keys
    numbers.set(joined(keys), get(at + ENTRY_NUMBER))
  }
  newest = head
}

/** Writes an unpublished entry. Returns 0 if the heap is full, because shapes are only an optimization. */
function write(keys: readonly string[]): number {
  let bytes = ENTRY_KEYS
  for (const key of keys) bytes += 4 + ((key.length * 2 + 3) & ~3)
  let block: number
  try {
    block = allocate(bytes)
  } catch {
    return 0
  }
  set(block + ENTRY_COUNT, keys.length)
  let at = block + ENTRY_KEYS
  for (const key of keys) {
    set(at, key.length)
    for (let i = 0; i < key.length; i++) u16[(at + 4 + i * 2) >> 1] = key.charCodeAt(i)
    at += 4 + ((key.length * 2 + 3) & ~3)
  }
  return block
}

function read(block: number): string[] {
  const keys: string[] = []
  let at = block + ENTRY_KEYS
  for (let left = get(block + ENTRY_COUNT); left > 0; left--) {
    const length = get(at)
    let key = ''
    for (let i = 0; i < length; i++) key += String.fromCharCode(u16[(at + 4 + i * 2) >> 1])
    keys.push(key)
    at += 4 + ((length * 2 + 3) & ~3)
  }
  return keys
}
