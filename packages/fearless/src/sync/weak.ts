/**
 * Weak: a reference that does not keep its object alive, after std's `Weak`.
 *
 * HANDLE_STATE in its handle record holds the kind and the generation of the object:
 *
 *    31           24 23           8 7        0
 *   |   generation   |               |   kind   |
 *
 * The memory of an object stays allocated while a weak owner exists, so its owner count can be read at any time.
 */
import { add, get, load, set } from '../core/memory.ts'
import { OWNER_COUNT } from '../core/count.ts'
import { HANDLE_KIND, HANDLE_STATE } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import {
  Handle,
  defineHandleClass,
  dropHandle,
  newRecord,
  reviveHandle,
  liveObjectOf,
} from '../memory/handles/handle.ts'
import { allocate, heapFullError, free } from '../memory/heap.ts'
import { ARC, WEAK } from '../memory/handles/kinds.ts'
import type { Arc, Crossing, crossing } from '../send.ts'
import { countedKind, dropWeak, type CountedKind } from './owner-count.ts'

const KIND_BITS = 8

/**
 * A reference to the value of an `Arc` that does not keep the value alive: for caches, and for children that refer to
 * parents.
 *
 * ```ts
 * const arc = new Arc({ n: 1 })
 * const weak = Arc.downgrade(arc)
 * const again = weak.upgrade()!
 * again.value.n // => 1
 * drop(again)
 * drop(arc)
 * weak.upgrade() // => undefined
 * ```
 *
 * `new Weak<T>()` refers to no value and never upgrades. Use it for a field that is set later.
 */
export class Weak<T> extends Handle {
  declare readonly [crossing]: Crossing<'Weak', 'if Send and Sync', 'if Send and Sync', T>

  /** Creates a weak reference to no value: it never upgrades. Throws `HeapFullError`. */
  constructor()
  /** @internal */
  constructor(record?: number)
  constructor(record = newEmptyWeak()) {
    super(record)
  }

  /**
   * Adds an owner of the value and returns it; `undefined` if no owner is left. Never waits; throws `HeapFullError`.
   */
  upgrade(): Arc<T> | undefined {
    const thing = liveObjectOf(this)
    const note = get(this.record + HANDLE_STATE)
    const kind = countedKind(kindOf(note))
    const record = core.upgradeOwner(self, kindOf(note), thing, thing + kind.owners, note & ~OWNER_COUNT)
    if (record === 0) return undefined
    if (record < 0) throw heapFullError(32)
    return reviveHandle(record) as unknown as Arc<T>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

const kindOf = (note: number): number => note & ((1 << KIND_BITS) - 1)
const generationAt = (kind: CountedKind, thing: number): number => load(thing + kind.owners) & ~OWNER_COUNT

/** The size of an object that consists only of its counts. */
const EMPTY_BYTES = 16

/** Creates the only weak owner of an object that never has an owner. */
function newEmptyWeak(): number {
  const { owners, weaks } = countedKind(ARC)
  const thing = allocate(EMPTY_BYTES)
  set(thing + owners, 0)
  set(thing + weaks, 1)
  try {
    const record = newRecord(WEAK, thing, true)
    set(record + HANDLE_STATE, ARC)
    return record
  } catch (error) {
    free(thing)
    throw error
  }
}

/** Creates a weak owner of an object that has owners. */
export function weakOf<T>(number: number, thing: number): Weak<T> {
  const kind = countedKind(number)
  const record = newRecord(WEAK, thing, true)
  set(record + HANDLE_STATE, number | generationAt(kind, thing))
  add(thing + kind.weaks, 1)
  return new Weak<T>(record)
}

export function downgrade<T>(arc: Handle): Weak<T> {
  const thing = liveObjectOf(arc)
  return weakOf(get(arc.record + HANDLE_KIND), thing)
}

defineHandleClass(WEAK, Weak as { readonly prototype: Handle }, {
  name: 'Weak',
  share: (thing, record) => {
    const kind = countedKind(kindOf(get(record + HANDLE_STATE)))
    add(thing + kind.weaks, 1)
  },
  drop: (thing, _record, note) => dropWeak(countedKind(kindOf(note)), thing),
  revive: record => new Weak(record),
  onlyMemory: true,
})
