/**
 * A map that threads share: many small tables, each behind a lock of its own, so that threads seldom meet.
 *
 * An entry is reached only for the time of one operation. Nothing that refers into the map is ever handed out, so a
 * program cannot hold one shard while it waits for another. The parts are in map-shard.ts.
 */
import { core, self } from '../core/index.ts'
import { MUTEX_QUEUE } from '../core/mutex.ts'
import { NODE_KEY } from '../core/table.ts'
import { DeadlockError } from '../errors.ts'
import { Handle, defineKind, dropHandle, isAlive, thingOf } from '../memory/handles/handle.ts'
import { release } from '../memory/heap.ts'
import { CONCURRENT_MAP } from '../memory/handles/kinds.ts'
import { INTO_MAP } from '../memory/codec/moved.ts'
import type { Crossing, Send, Snapshot, crossing } from '../send.ts'
import { PENDING, type Attempt, type Pending } from '../wait/attempt.ts'
import { PlainWait, Wait } from '../wait/wait.ts'
import { frozenCopy, runsLater, laterError } from './lent.ts'
import { readKey, writeKey, type MapKey } from './map-key.ts'
import {
  addNode,
  dropMap,
  entriesIn,
  findNode,
  isFree,
  lock,
  lockOf,
  measureMap,
  newMap,
  nodesIn,
  ownersOfMap,
  readNode,
  removeNode,
  shardAt,
  shardOf,
  shardsOf,
  shareMap,
  unlock,
  writeNode,
  type Find,
} from './map-shard.ts'

export type { MapKey } from './map-key.ts'

/**
 * A map that threads share.
 *
 * ```ts
 * const words = new ConcurrentMap<string, number>()
 * await thread.scope(async s => {
 *   for (const text of ['a b', 'b c']) {
 *     s.spawn(() => { for (const w of text.split(' ')) words.update(w, (n = 0) => n + 1).wait() })
 *   }
 * })
 * await words.get('b') // => 2
 * ```
 *
 * Keys are compared by value, values are plain data and come out as frozen copies. Every operation waits while another
 * thread is at the same part of the map; what that thread did before is visible afterwards. Crossing a thread shares
 * the map. A function given to an operation runs inside of it: keep it short. An operation on the same map in it is a
 * `DeadlockError`, whichever key it is for.
 */
export class ConcurrentMap<K extends MapKey, V> extends Handle {
  declare readonly [crossing]: Crossing<'ConcurrentMap', 'if Send', 'if Send', V>

  /** A map without entries. Throws `HeapFullError`. */
  constructor()
  /** @internal */
  constructor(record?: number)
  constructor(record = newMap()) {
    super(record)
  }

  /** A copy of the value of a key, frozen; `undefined` if there is none. To change the value, `update` it. */
  get(key: K): Wait<Snapshot<V> | undefined> {
    return new Entry(this, key, find => copyOf<V>(readNode(find.node())))
  }

  /** Whether there is a value for the key. */
  has(key: K): Wait<boolean> {
    return new Entry(this, key, find => find.node() !== 0)
  }

  /**
   * Makes `value` the value of a key, giving it away. Takes the value that was there out; `undefined` if there was none.
   *
   * ```ts
   * const map = new ConcurrentMap<string, number>()
   * await map.set('a', 1) // => undefined
   * await map.set('a', 2) // => 1
   * ```
   */
  set(key: K, value: Send<V>): Wait<V | undefined> {
    return new Entry(this, key, find => {
      const before = readNode(find.node()) as V | undefined
      writeNode(find, value, INTO_MAP)
      return before
    })
  }

  /**
   * Makes what `f` gives for the present value (or `undefined`) the value of a key, and gives it back, frozen; no other
   * thread changes that key meanwhile. If `f` throws, or is async (`BorrowError`), nothing has changed.
   */
  update(key: K, f: (value: V | undefined) => Send<V>): Wait<Snapshot<V>> {
    return new Entry(this, key, find => {
      const value = answerOf(f(readNode(find.node()) as V | undefined), 'update')
      writeNode(find, value)
      return copyOf<V>(value)
    })
  }

  /**
   * A copy of the value of a key, frozen, which becomes what `make` gives if there is none. If `make` throws, or is async
   * (`BorrowError`), nothing has changed.
   */
  getOrInsert(key: K, make: () => Send<V>): Wait<Snapshot<V>> {
    return new Entry(this, key, find => {
      const node = find.node()
      if (node !== 0) return copyOf<V>(readNode(node))
      const value = answerOf(make(), 'getOrInsert')
      writeNode(find, value)
      return copyOf<V>(value)
    })
  }

  /** Takes the value of a key out; `undefined` if there was none. */
  remove(key: K): Wait<V | undefined> {
    return new Entry(this, key, find => {
      const node = find.node()
      if (node === 0) return undefined
      const value = readNode(node) as V
      removeNode(find.shard, node)
      return value
    })
  }

  /** How many entries there are: a snapshot, added up while others may add and remove. */
  get size(): number {
    const map = thingOf(this)
    let size = 0
    for (let k = 0; k < shardsOf(map); k++) size += entriesIn(shardAt(map, k))
    return size
  }

  /** All entries, in no particular order; each part of the map as it is at one moment. The values are frozen copies. */
  entries(): Wait<[K, Snapshot<V>][]> {
    return new Shards<[K, Snapshot<V>][]>(
      this,
      [],
      (entries, node) => void entries.push([readKey(node + NODE_KEY) as K, copyOf<V>(readNode(node))]),
    )
  }

  /** Removes all entries, one part of the map after the other. */
  clear(): Wait<void> {
    return new Shards<void>(this, undefined, (_, node, shard) => removeNode(shard, node))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** A copy that a change would be lost in. */
function copyOf<V>(value: unknown): Snapshot<V> {
  return frozenCopy(
    value,
    'it is a copy of what the ConcurrentMap holds. Change that by `update(key, f)`.',
  ) as Snapshot<V>
}

function answerOf<V>(value: V, method: string): V {
  if (!runsLater(value)) return value
  throw laterError(method, value, 'Wait first, and update with what came.')
}

// -------------------------------------------------------------- inside of an operation

/** The maps that this thread is inside of. Only a function of the program, or the reading of a registered class, gets it so far. */
const inside: number[] = []

/** Another part of the map might be free. Whether it is depends on keys, and the map must not work by chance. */
function refuseInside(map: number): void {
  if (!inside.includes(map)) return
  throw new DeadlockError(
    'A function that runs inside of an operation of a ConcurrentMap uses the same map, and could wait for itself. ' +
      'Let it compute from its arguments alone, or use another map.',
  )
}

/** Runs an operation on a shard that this thread has locked, and unlocks it. The map lives until then, whoever drops it. */
function underLock<R>(map: number, shard: number, operation: () => R): R {
  inside.push(map)
  shareMap(map)
  try {
    return operation()
  } finally {
    unlock(shard)
    inside.pop()
    dropMap(map)
  }
}

// -------------------------------------------------------------- one key

class Entry<R> extends PlainWait<R> {
  readonly #map: Handle
  readonly #key: MapKey
  readonly #operation: (find: Find) => R
  #shard = 0

  constructor(map: Handle, key: MapKey, operation: (find: Find) => R) {
    super()
    this.#map = map
    this.#key = key
    this.#operation = operation
  }
  override poll(): R | Pending {
    const map = thingOf(this.#map)
    refuseInside(map)
    const { at, length } = writeKey(this.#key)
    const hash = core.hashBytes(at, length)
    try {
      this.#shard = shardAt(map, shardOf(map, hash))
      if (!lock(this.#shard)) return PENDING
      const shard = this.#shard
      return underLock(map, shard, () =>
        this.#operation({
          shard,
          node: () => findNode(shard, hash, at, length),
          add: fill => addNode(shard, hash, at, length, fill),
        }),
      )
    } finally {
      release(at)
    }
  }
  owners(): readonly Handle[] {
    return [this.#map]
  }
  override ready(): boolean {
    return isFree(this.#shard)
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, lockOf(this.#shard) + MUTEX_QUEUE, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  override woken(): R | Pending {
    if (!isAlive(this.#map)) core.wakeOne(self, lockOf(this.#shard) + MUTEX_QUEUE)
    return this.poll()
  }
}

// -------------------------------------------------------------- all entries

/** Goes through the shards, one lock at a time. */
class Shards<R> extends Wait<R> {
  readonly #map: Handle
  readonly #begin: R
  readonly #visit: (result: R, node: number, shard: number) => void

  constructor(map: Handle, begin: R, visit: (result: R, node: number, shard: number) => void) {
    super()
    this.#map = map
    this.#begin = begin
    this.#visit = visit
  }
  override begin(): Attempt<R> {
    return new Visiting(this.#map, structuredClone(this.#begin), this.#visit)
  }
}

class Visiting<R> implements Attempt<R> {
  readonly deadline = Infinity
  readonly #map: Handle
  readonly #result: R
  readonly #visit: (result: R, node: number, shard: number) => void
  #next = 0

  constructor(map: Handle, result: R, visit: (result: R, node: number, shard: number) => void) {
    this.#map = map
    this.#result = result
    this.#visit = visit
  }
  poll(): R | Pending {
    const map = thingOf(this.#map)
    refuseInside(map)
    for (; this.#next < shardsOf(map); this.#next++) {
      const shard = shardAt(map, this.#next)
      if (!lock(shard)) return PENDING
      underLock(map, shard, () => {
        for (const node of nodesIn(shard)) this.#visit(this.#result, node, shard)
      })
    }
    return this.#result
  }
  owners(): readonly Handle[] {
    return [this.#map]
  }
  ready(): boolean {
    return isFree(this.#shard)
  }
  enter(waiter: number): boolean {
    core.enterQueue(self, lockOf(this.#shard) + MUTEX_QUEUE, waiter)
    return true
  }
  leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  woken(): R | Pending {
    if (!isAlive(this.#map)) core.wakeOne(self, lockOf(this.#shard) + MUTEX_QUEUE)
    return this.poll()
  }
  get #shard(): number {
    return shardAt(this.#map.thing, this.#next)
  }
}

defineKind(CONCURRENT_MAP, ConcurrentMap as { readonly prototype: Handle }, {
  name: 'ConcurrentMap',
  share: shareMap,
  drop: dropMap,
  revive: record => new ConcurrentMap(record),
  measure: measureMap,
  onlyMemory: true,
  inModules: 'shared',
  countOwners: ownersOfMap,
})
