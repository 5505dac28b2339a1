/**
 * Things with several owners: the last owner ends the contents, and when no weak owner is left either, the memory goes.
 *
 * A thing has two words for that, at offsets of its own. All owners together count as one weak owner, so that exactly one
 * drop sees both counts at their end. The upper byte of the weak count is the thing's generation (sync/weak.ts).
 */
import { core, self } from '../core/index.ts'
import { defineKind, type Handle } from '../memory/handle.ts'
import { i32 } from '../memory/heap.ts'

/** The weak count without the generation. */
const COUNT = 0xff_ffff

export interface Counted {
  readonly name: string
  readonly owners: number
  readonly weaks: number
  /** The last owner is gone: ends what the thing holds. False: somebody may still write to it, so it is never freed. */
  readonly end?: (thing: number) => boolean | void
  /** The memory of the thing goes; absent where it is one block. */
  readonly free?: (thing: number) => void
  readonly revive: (record: number) => Handle
}

const countedKinds = new Map<number, Counted>()

/** Makes a class known whose things count their owners. */
export function defineCounted(number: number, constructor: { readonly prototype: Handle }, kind: Counted): void {
  countedKinds.set(number, kind)
  defineKind(number, constructor, {
    name: kind.name,
    share: thing => Atomics.add(i32, (thing + kind.owners) >> 2, 1),
    drop: thing => {
      if (Atomics.sub(i32, (thing + kind.owners) >> 2, 1) === 1) endContents(kind, thing)
    },
    revive: kind.revive,
    onlyMemory: true,
  })
}

export function countedKind(number: number): Counted | undefined {
  return countedKinds.get(number)
}

/** A new thing's counts: one owner, and all owners as one weak owner. */
export function startCounts(thing: number, owners: number, weaks: number): void {
  i32[(thing + owners) >> 2] = 1
  i32[(thing + weaks) >> 2] = 1
}

function endContents(kind: Counted, thing: number): void {
  if (kind.end?.(thing) !== false) dropWeak(kind, thing)
}

/** One weak owner less; the last one frees the memory. */
export function dropWeak(kind: Counted, thing: number): void {
  if ((Atomics.sub(i32, (thing + kind.weaks) >> 2, 1) & COUNT) !== 1) return
  if (kind.free === undefined) core.release(self, thing)
  else kind.free(thing)
}
