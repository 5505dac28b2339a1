/**
 * Weak: knows a thing without keeping it alive.
 *
 * Its record's note says of which kind and which generation the thing is; the thing's memory stays as long as a weak owner
 * does, so the count of owners can be read at any time.
 *
 *    31           24 23           8 7        0
 *   |   generation   |               |   kind   |
 */
import { OWNER_COUNT } from '../core/count.ts'
import { HANDLE_KIND, HANDLE_NOTE } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { Handle, defineKind, dropHandle, newRecord, revive, thingOf } from '../memory/handles/handle.ts'
import { allocate, heapFull, i32, release } from '../memory/heap.ts'
import { ARC, WEAK } from '../memory/handles/kinds.ts'
import type { Arc, Crossing, crossing } from '../send.ts'
import { countedKind, dropWeak, type Counted } from './counted.ts'

const KIND_BITS = 8

/**
 * What an `Arc` becomes when it does not keep its thing alive: for caches, for children that know their parents.
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
 * `new Weak<T>()` knows nothing, and never upgrades: for a field that is filled later.
 */
export class Weak<T> extends Handle {
  declare readonly [crossing]: Crossing<'Weak', 'if Send and Sync', 'if Send and Sync', T>

  /** Knows nothing: it never upgrades. Throws `HeapFullError`. */
  constructor()
  /** @internal */
  constructor(record?: number)
  constructor(record = newEmptyWeak()) {
    super(record)
  }

  /** Another owner of the thing, if it has owners still. Never waits; throws `HeapFullError`. */
  upgrade(): Arc<T> | undefined {
    const thing = thingOf(this)
    const note = i32[(this.record + HANDLE_NOTE) >> 2]
    const kind = countedKind(kindOf(note))
    const record = core.joinOwners(self, kindOf(note), thing, thing + kind.owners, note & ~OWNER_COUNT)
    if (record === 0) return undefined
    if (record < 0) throw heapFull(32)
    return revive(record) as unknown as Arc<T>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

const kindOf = (note: number): number => note & ((1 << KIND_BITS) - 1)
const generationAt = (kind: Counted, thing: number): number =>
  Atomics.load(i32, (thing + kind.owners) >> 2) & ~OWNER_COUNT

/** The words of a thing that has counts and nothing else. */
const EMPTY_BYTES = 16

/** The only weak owner of a thing that never has an owner. */
function newEmptyWeak(): number {
  const { owners, weaks } = countedKind(ARC)
  const thing = allocate(EMPTY_BYTES)
  i32[(thing + owners) >> 2] = 0
  i32[(thing + weaks) >> 2] = 1
  try {
    const record = newRecord(WEAK, thing, true)
    i32[(record + HANDLE_NOTE) >> 2] = ARC
    return record
  } catch (error) {
    release(thing)
    throw error
  }
}

/** A weak owner beside the owners of a thing. */
export function weakOf<T>(number: number, thing: number): Weak<T> {
  const kind = countedKind(number)
  const record = newRecord(WEAK, thing, true)
  i32[(record + HANDLE_NOTE) >> 2] = number | generationAt(kind, thing)
  Atomics.add(i32, (thing + kind.weaks) >> 2, 1)
  return new Weak<T>(record)
}

export function downgrade<T>(arc: Handle): Weak<T> {
  const thing = thingOf(arc)
  return weakOf(i32[(arc.record + HANDLE_KIND) >> 2], thing)
}

defineKind(WEAK, Weak as { readonly prototype: Handle }, {
  name: 'Weak',
  share: (thing, record) => {
    const kind = countedKind(kindOf(i32[(record + HANDLE_NOTE) >> 2]))
    Atomics.add(i32, (thing + kind.weaks) >> 2, 1)
  },
  drop: (thing, _record, note) => dropWeak(countedKind(kindOf(note)), thing),
  revive: record => new Weak(record),
  onlyMemory: true,
})
