/**
 * Arc: a thing with several owners in several threads; the last one ends it.
 *
 * An Arc of a handle (a Mutex, an atomic) is that handle, marked as one that shares: crossing makes another owner. An
 * Arc of plain data keeps it encoded in the heap; each thread reads it once, frozen.
 */
import { allocate, i32, release } from '../memory/heap.ts'
import { MUTEX_OWNERS } from '../core/mutex.ts'
import { DroppedError } from '../errors.ts'
import { decode } from '../memory/codec.ts'
import { Handle, cloneHandle, defineKind, dropHandle, makeShared, makeUnshared, newRecord, thingOf } from '../memory/handle.ts'
import { ARC } from '../memory/kinds.ts'
import { discardBlock, toBlock } from '../memory/message.ts'
import type { Arc as ArcOf, SendSync, Shared } from '../send.ts'
import { Mutex } from './mutex.ts'

// Plain data in an Arc:  +0 owners, +4 block, +8 its length
const OWNERS = 0
const BLOCK = 4
const LENGTH = 8

class SharedValue extends Handle {
  #value: unknown
  #read = false

  get value(): unknown {
    const arc = thingOf(this)
    if (!this.#read) {
      this.#value = freeze(decode(i32[(arc + BLOCK) >> 2], i32[(arc + LENGTH) >> 2]))
      this.#read = true
    }
    return this.#value
  }
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** Freezes what was read: a change would be this thread's own. Views of buffers cannot be frozen; they are copies. */
function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const key of Reflect.ownKeys(value)) freeze((value as Record<PropertyKey, unknown>)[key])
  return value
}

/**
 * A thing with several owners in several threads.
 *
 * ```ts
 * const config = new Arc({ retries: 3 })
 * await thread.spawn(move(() => config.value.retries)).join() // => 3
 * ```
 */
export type Arc<T> = ArcOf<T>

function newArc(value: unknown): unknown {
  if (value instanceof Handle) {
    thingOf(value)
    makeShared(value)
    return value
  }
  const arc = allocate(16)
  try {
    const { at, length } = toBlock(value, 'move')
    i32[(arc + OWNERS) >> 2] = 1
    i32[(arc + BLOCK) >> 2] = at
    i32[(arc + LENGTH) >> 2] = length
    return new SharedValue(newRecord(ARC, arc, true))
  } catch (error) {
    release(arc)
    throw error
  }
}

interface ArcConstructor {
  /** An Arc of a thing, which is given away to it; a `Mutex` in an Arc is used as the `Mutex` it is. */
  new <T>(value: SendSync<T>): Arc<T>
  /** Another owner in this thread. */
  clone<A extends Shared<unknown>>(arc: A): A
  /** How many owners there are: a snapshot, useful for looking, never for deciding. */
  strongCount(arc: Shared<unknown>): number
  /** Whether two Arcs own the same thing. */
  ptrEq(a: Shared<unknown>, b: Shared<unknown>): boolean
  /** The thing, if this was its only owner, and the Arc is gone; else `undefined`, and nothing has changed. */
  tryUnwrap<T>(arc: Shared<T>): T | undefined
}

/** @internal */
export const Arc: ArcConstructor = Object.assign(
  function Arc(this: unknown, value: unknown): unknown {
    if (new.target === undefined) throw new TypeError('Arc is a class: write `new Arc(value)`.')
    return newArc(value)
  } as unknown as ArcConstructor,
  {
    clone: <A extends Shared<unknown>>(arc: A): A => cloneHandle(arc as unknown as Handle) as unknown as A,
    strongCount: (arc: Shared<unknown>): number => Atomics.load(i32, ownersOf(arc) >> 2),
    ptrEq: (a: Shared<unknown>, b: Shared<unknown>): boolean =>
      thingOf(a as unknown as Handle) === thingOf(b as unknown as Handle),
    tryUnwrap: <T>(arc: Shared<T>): T | undefined => tryUnwrap(arc as unknown as Handle) as T | undefined,
  },
)

function ownersOf(arc: Shared<unknown>): number {
  const handle = arc as unknown as Handle
  return thingOf(handle) + (handle instanceof Mutex ? MUTEX_OWNERS : OWNERS)
}

function tryUnwrap(arc: Handle): unknown {
  if (Atomics.load(i32, ownersOf(arc as unknown as Shared<unknown>) >> 2) !== 1) return undefined
  if (!(arc instanceof SharedValue)) {
    // The same handle, no longer one that shares.
    makeUnshared(arc)
    return arc
  }
  const value = decode(i32[(arc.thing + BLOCK) >> 2], i32[(arc.thing + LENGTH) >> 2])
  dropHandle(arc)
  return value
}

defineKind(ARC, SharedValue, {
  name: 'Arc',
  share: arc => Atomics.add(i32, (arc + OWNERS) >> 2, 1),
  drop: arc => {
    if (Atomics.sub(i32, (arc + OWNERS) >> 2, 1) !== 1) return
    discardBlock(i32[(arc + BLOCK) >> 2], i32[(arc + LENGTH) >> 2])
    release(arc)
  },
  revive: record => new SharedValue(record),
  onlyMemory: true,
})

/**
 * Ends a value here and now: a sender, a lock, a guard, anything with a disposer.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<number>()
 * drop(tx) // no sender is left
 * for (const value of rx) console.log(value) // ends at once
 * ```
 */
export function drop(value: Disposable | Shared<unknown>): asserts value is never {
  const dispose = (value as Partial<Disposable>)[Symbol.dispose]
  if (typeof dispose !== 'function') throw new DroppedError('This value has no end that `drop` could bring about.')
  dispose.call(value)
}
