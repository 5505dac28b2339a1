/**
 * What the functions of a pipeline borrow: their captures, and the items.
 *
 * Nothing is watched where the compiler has proven of each function that it only reads. A value goes from one function to
 * the next, so one without a proof may change what any of them has borrowed. An accumulator is no loan: `fold` and
 * `reduce` may change it, if it is new in every piece and the function puts no loan in its place.
 */
import { methodNamesAreUnique, snapshotOf, type Snapshot } from '../memory/codec/lent.ts'
import { wallsAreOn } from '../platform/settings.ts'
import { PROVEN_READS, capturedNames, suspectLocation } from '../thread/closure/closure.ts'
import { BorrowedValues, lostWriteError, type LoanWatch } from '../thread/closure/lost-write.ts'
import type { Part, Pipeline } from './pipeline.ts'
import type { Items } from './source.ts'

const IN_ITEMS = PROVEN_READS.captures | PROVEN_READS.inFirst | PROVEN_READS.others
const ALL = IN_ITEMS | PROVEN_READS.first

const provenFor = (part: Part, bits: number): boolean => 'value' in part || (part.annotation.reads & bits) === bits

/** Whether the functions must be watched. */
export function mayChangeLoans({ kinds, parts }: Pipeline): boolean {
  if (!wallsAreOn || parts.every(part => 'value' in part)) return false
  if (!methodNamesAreUnique()) return true
  let next = 0
  return !kinds.every(kind => {
    switch (kind) {
      case 'collect':
      case 'sum':
      case 'count':
      case 'min':
      case 'max':
        return true
      case 'join':
        return parts.every(part => provenFor(part, PROVEN_READS.captures))
      case 'fold':
      case 'reduce': {
        const [initial, combine] = [parts[next++], parts[next++]]
        if (!provenFor(initial, PROVEN_READS.captures)) return false
        return (
          provenFor(combine, ALL) ||
          (provenFor(combine, IN_ITEMS | PROVEN_READS.ownResult) && provenFor(initial, PROVEN_READS.ownResult))
        )
      }
      case 'takeAny':
        next += 2
        return true
      default:
        return provenFor(parts[next++], ALL)
    }
  })
}

/** What other threads are told of the captures. */
export function watchOf({ parts }: Pipeline): LoanWatch {
  const names = parts.flatMap(part => ('value' in part ? [] : capturedNames(part.annotation)))
  const suspects = parts.flatMap(part => ('value' in part ? [] : (suspectLocation(part.annotation) ?? [])))
  return [names, suspects[0]]
}

/** The captures as they are now; undefined if there are none. `deep`: what lies in them is watched, not the variables alone. */
export function borrowCaptures(pipeline: Pipeline, deep: boolean): BorrowedValues | undefined {
  const thunks = pipeline.parts.flatMap(part => ('value' in part ? [] : (part.annotation.captures ?? [])))
  if (thunks.length === 0) return undefined
  const again = (): unknown[] => thunks.flatMap(thunk => thunk())
  return new BorrowedValues(again(), watchOf(pipeline), deep, again)
}

/** The items of a chunk as they are now; undefined if nobody can change one. */
export function borrowItems(items: Items, from: number, to: number): Snapshot | undefined {
  if (!Array.isArray(items)) return undefined
  for (let i = from; i < to; i++) {
    const item: unknown = items[i]
    if (typeof item === 'object' && item !== null) return snapshotOf(items.slice(from, to) as unknown[])
  }
  return undefined
}

/** Throws if the items `[from, to)` are not as they were. */
export function checkItems(items: Snapshot | undefined, from: number, to: number, suspect: string | undefined): void {
  if (items === undefined || items.holds()) return
  throw lostWriteError(to - from === 1 ? `Item ${from}` : `One of the items ${from} to ${to - 1}`, suspect)
}
