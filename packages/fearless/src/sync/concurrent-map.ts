/**
 * A concurrent hash map of many shards, each behind its own lock, after Java's `ConcurrentHashMap` and DashMap.
 *
 * - An entry is accessible only during one operation. No reference into the map is ever returned.
 * - So a program cannot hold one shard while it waits for another.
 *
 * map-shard.ts implements the shards.
 */
import { core, self } from '../core/index.ts'
import { MUTEX_QUEUE } from '../core/mutex.ts'
import { NODE_KEY } from '../core/table.ts'
import { DeadlockError } from '../errors.ts'
import { Handle, defineHandleClass, dropHandle, isAlive, liveObjectOf } from '../memory/handles/handle.ts'
import { free } from '../memory/heap.ts'
import { CONCURRENT_MAP } from '../memory/handles/kinds.ts'
import { INTO_MAP } from '../memory/codec/moved.ts'
import type { Crossing, Send, Snapshot, crossing } from '../send.ts'
import { PENDING, type Operation, type Pending } from '../wait/operation.ts'
import { QueueOperation, QueueWait } from '../wait/queue-operation.ts'
import { Wait } from '../wait/wait.ts'
import { frozenCopy, isThenableOrGenerator, asyncUnderLockError } from './lock-snapshot.ts'
import { decodeKey, encodeKey, type MapKey } from './map-key.ts'
import {
  addNode,
  dropMap,
  entryCountOf,
  findNode,
  isShardFree,
  tryLockShard,
  shardLockOf,
  measureMap,
  newMap,
  entriesOfShard,
  mapOwnerCount,
  readNode,
  removeNode,
  shardAt,
  shardIndexOf,
  shardCountOf,
  shareMap,
  unlockShard,
  writeNode,
  type KeyOperation,
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
 * Keys are compared by value. Values are plain data and are returned as frozen copies. An operation waits while
 * another thread uses the same shard; the accesses of that thread happen before those of the operation. Crossing a
 * thread shares the map. A function passed to an operation runs under the lock of its shard, so keep it short. It must
 * not use the same map: an operation on any key of that map throws `DeadlockError`.
 */
export class ConcurrentMap<K extends MapKey, V> extends Handle {
  declare readonly [crossing]: Crossing<'ConcurrentMap', 'if Send', 'if Send', V>

  /** Creates an empty map. Throws `HeapFullError`. */
  constructor()
  /** @internal */
  constructor(record?: number)
  constructor(record = newMap()) {
    super(record)
  }

  /** Returns a frozen copy of the value of a key; `undefined` if there is none. To change the value, call `update`. */
  get(key: K): Wait<Snapshot<V> | undefined> {
    return new Entry(this, key, find => snapshotOf<V>(readNode(find.node())))
  }

  /** Whether the key has a value. */
  has(key: K): Wait<boolean> {
    return new Entry(this, key, find => find.node() !== 0)
  }

  /**
   * Moves `value` into the map as the value of a key. Returns the previous value; `undefined` if there was none.
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
   * Replaces the value of a key with the result of `f` and returns the new value, frozen. `f` receives the present
   * value or `undefined`. No other thread changes that key during the call. If `f` throws, or is async
   * (`BorrowError`), nothing changes.
   */
  update(key: K, f: (value: V | undefined) => Send<V>): Wait<Snapshot<V>> {
    return new Entry(this, key, find => {
      const value = refusePromise(f(readNode(find.node()) as V | undefined), 'update')
      writeNode(find, value)
      return snapshotOf<V>(value)
    })
  }

  /**
   * Returns a frozen copy of the value of a key. If there is none, first stores the result of `make`. If `make`
   * throws, or is async (`BorrowError`), nothing changes.
   */
  getOrInsert(key: K, make: () => Send<V>): Wait<Snapshot<V>> {
    return new Entry(this, key, find => {
      const node = find.node()
      if (node !== 0) return snapshotOf<V>(readNode(node))
      const value = refusePromise(make(), 'getOrInsert')
      writeNode(find, value)
      return snapshotOf<V>(value)
    })
  }

  /** Removes a key and returns its value; `undefined` if there was none. */
  remove(key: K): Wait<V | undefined> {
    return new Entry(this, key, find => {
      const node = find.node()
      if (node === 0) return undefined
      const value = readNode(node) as V
      removeNode(find.shard, node)
      return value
    })
  }

  /** The number of entries, as a snapshot: other threads may add and remove entries while it is summed up. */
  get size(): number {
    const map = liveObjectOf(this)
    let size = 0
    for (let k = 0; k < shardCountOf(map); k++) size += entryCountOf(shardAt(map, k))
    return size
  }

  /**
   * Returns all entries in no particular order. Each shard is consistent, but not the whole map. The values are frozen
   * copies.
   */
  entries(): Wait<[K, Snapshot<V>][]> {
    return new Shards<[K, Snapshot<V>][]>(
      this,
      [],
      (entries, node) => void entries.push([decodeKey(node + NODE_KEY) as K, snapshotOf<V>(readNode(node))]),
    )
  }

  /** Removes all entries, one shard after the other. */
  clear(): Wait<void> {
    return new Shards<void>(this, undefined, (_, node, shard) => removeNode(shard, node))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** Freezes a copy, because a change to the copy would be lost. */
function snapshotOf<V>(value: unknown): Snapshot<V> {
  return frozenCopy(
    value,
    'it is a copy of the value in the ConcurrentMap. Change that value with `update(key, f)`.',
  ) as Snapshot<V>
}

function refusePromise<V>(value: V, method: string): V {
  if (!isThenableOrGenerator(value)) return value
  throw asyncUnderLockError(method, value, 'Wait first, and call the method with the result.')
}

// -------------------------------------------------------------- inside an operation

/**
 * The maps in whose operations this thread is. Only a function of the program, or the decoding of a registered class,
 * can use it.
 */
const inside: number[] = []

/**
 * Throws `DeadlockError` if this thread is inside an operation of the map. Another shard might be free, but that
 * depends on the keys, and success must not depend on chance.
 */
function refuseInside(map: number): void {
  if (!inside.includes(map)) return
  throw new DeadlockError(
    'A function inside an operation of a ConcurrentMap used the same map, so it could wait for itself. ' +
      'Compute the result from the arguments alone, or use another map.',
  )
}

/**
 * Runs an operation on a shard that this thread has locked, and unlocks the shard. The map stays allocated until then,
 * even if all its handles are dropped.
 */
function underLock<R>(map: number, shard: number, operation: () => R): R {
  inside.push(map)
  shareMap(map)
  try {
    return operation()
  } finally {
    unlockShard(shard)
    inside.pop()
    dropMap(map)
  }
}

// -------------------------------------------------------------- one key

class Entry<R> extends QueueWait<R> {
  readonly #map: Handle
  readonly #key: MapKey
  readonly #operation: (find: KeyOperation) => R
  #shard = 0

  constructor(map: Handle, key: MapKey, operation: (find: KeyOperation) => R) {
    super()
    this.#map = map
    this.#key = key
    this.#operation = operation
  }
  override tryComplete(): R | Pending {
    const map = liveObjectOf(this.#map)
    refuseInside(map)
    const { at, length } = encodeKey(this.#key)
    const hash = core.hashBytes(at, length)
    try {
      this.#shard = shardAt(map, shardIndexOf(map, hash))
      if (!tryLockShard(this.#shard)) return PENDING
      const shard = this.#shard
      return underLock(map, shard, () =>
        this.#operation({
          shard,
          node: () => findNode(shard, hash, at, length),
          add: fill => addNode(shard, hash, at, length, fill),
        }),
      )
    } finally {
      free(at)
    }
  }
  owners(): readonly Handle[] {
    return [this.#map]
  }
  override isReady(): boolean {
    return isShardFree(this.#shard)
  }
  override queue(): number {
    return shardLockOf(this.#shard) + MUTEX_QUEUE
  }
  override accept(): R | Pending {
    if (!isAlive(this.#map)) core.wakeOne(self, shardLockOf(this.#shard) + MUTEX_QUEUE)
    return this.tryComplete()
  }
}

// -------------------------------------------------------------- all entries

/** The wait of `entries` and `clear`: visits the shards, one lock at a time. */
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
  override begin(): Operation<R> {
    return new Visiting(this.#map, structuredClone(this.#begin), this.#visit)
  }
}

class Visiting<R> extends QueueOperation<R> {
  readonly #map: Handle
  readonly #result: R
  readonly #visit: (result: R, node: number, shard: number) => void
  #next = 0

  constructor(map: Handle, result: R, visit: (result: R, node: number, shard: number) => void) {
    super()
    this.#map = map
    this.#result = result
    this.#visit = visit
  }
  override tryComplete(): R | Pending {
    const map = liveObjectOf(this.#map)
    refuseInside(map)
    for (; this.#next < shardCountOf(map); this.#next++) {
      const shard = shardAt(map, this.#next)
      if (!tryLockShard(shard)) return PENDING
      underLock(map, shard, () => {
        for (const node of entriesOfShard(shard)) this.#visit(this.#result, node, shard)
      })
    }
    return this.#result
  }
  owners(): readonly Handle[] {
    return [this.#map]
  }
  override isReady(): boolean {
    return isShardFree(this.#shard)
  }
  override queue(): number {
    return shardLockOf(this.#shard) + MUTEX_QUEUE
  }
  override accept(): R | Pending {
    if (!isAlive(this.#map)) core.wakeOne(self, shardLockOf(this.#shard) + MUTEX_QUEUE)
    return this.tryComplete()
  }
  get #shard(): number {
    return shardAt(this.#map.thing, this.#next)
  }
}

defineHandleClass(CONCURRENT_MAP, ConcurrentMap as { readonly prototype: Handle }, {
  name: 'ConcurrentMap',
  share: shareMap,
  drop: dropMap,
  revive: record => new ConcurrentMap(record),
  measure: measureMap,
  onlyMemory: true,
  inModules: 'shared',
  countOwners: mapOwnerCount,
})
