/**
 * The loans of a run: the captures of its functions, and its items.
 *
 * - Nothing is watched where the compiler has proven of each function that it only reads. A value goes from one
 *   function to the next, so one function without a proof may change the loans of each of them.
 * - Each stretch of work must leave its loans unchanged: a chunk its items, a job the captures.
 * - Once the run pauses, other code runs on its thread. From then on the run goes over a copy of its items, or holds
 *   its vec, and compares each object with its state at the pause.
 * - An accumulator is no loan (`accumulatorOnlyReads`).
 */
import { methodNamesAreUnique, snapshotOf, type Snapshot } from '../../memory/codec/lent.ts'
import { dropHandle, type Handle } from '../../memory/handles/handle.ts'
import { wallsAreOn } from '../../platform/settings.ts'
import { holdVec } from '../../sync/vec.ts'
import { capturedNames, suspectLocation } from '../../thread/closure/closure.ts'
import { BorrowedValues, lostWriteError, type LoanWatch } from '../../thread/closure/lost-write.ts'
import { onlyReads, type Pipeline } from '../pipeline.ts'
import { copyFrom, firstOf, type Items, type Source } from '../sources/source.ts'

/** The loans of one run, as its owner keeps them. */
export class Loans {
  /** Sent to the helpers if the functions may change their loans. */
  readonly watch: LoanWatch | undefined
  readonly #pipeline: Pipeline
  #captures: BorrowedValues | undefined
  #isKept = false
  /** Snapshots of the chunks that had not run at the first pause. */
  #snapshots: (Snapshot | undefined)[] | undefined
  /** Keeps the numbers of a vec in their place, and unchanged. */
  #hold: Handle | undefined

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline
    if (!mayChangeLoans(pipeline)) return
    this.watch = watchOf(pipeline)
    this.#captures = lendCaptures(pipeline, true)
  }

  /** Throws `LostWriteError` if a capture was changed. */
  checkCaptures(): void {
    this.#captures?.check()
  }

  /**
   * Takes a snapshot of the items of a chunk that is about to run. Throws `LostWriteError` if one was changed in a
   * pause.
   */
  lendItems(source: Source, chunk: number, from: number, to: number): Snapshot | undefined {
    const kept = this.#snapshots?.[chunk]
    if (kept !== undefined) checkItems(kept, from, to, undefined)
    if (this.watch === undefined || !('items' in source)) return kept
    return kept ?? snapshotOfItems(source.items, from, to)
  }

  /** Throws `LostWriteError` if items of a chunk were changed in a pause. */
  checkKept(chunk: number, from: number, to: number): void {
    checkItems(this.#snapshots?.[chunk], from, to, undefined)
  }

  get isKept(): boolean {
    return this.#isKept
  }

  /**
   * Keeps the loans unchanged while other code runs on this thread, from chunk `first` on. That code cannot change a
   * copy of the items, nor a vec that is held; the change of an object is found later. Returns the source for the rest
   * of the run.
   *
   * A run that ends in its first slice pays nothing.
   */
  keep(source: Source, first: number, chunks: number): Source {
    if (this.#isKept) return source
    this.#isKept = true
    this.#captures ??= lendCaptures(this.#pipeline, wallsAreOn)
    if ('numbers' in source) this.#hold = holdVec(source.numbers)
    if (!('items' in source)) return source
    const { items, length } = source
    if (wallsAreOn) {
      this.#snapshots = []
      for (let chunk = first; chunk < chunks; chunk++) {
        this.#snapshots[chunk] = snapshotOfItems(
          items,
          firstOf(chunk, chunks, length),
          firstOf(chunk + 1, chunks, length),
        )
      }
    }
    return { ...source, items: copyFrom(items, firstOf(first, chunks, length)) }
  }

  /** Lets go of a vec. */
  close(): void {
    if (this.#hold !== undefined) dropHandle(this.#hold)
    this.#hold = undefined
  }
}

/** Whether the functions must be watched. */
function mayChangeLoans(pipeline: Pipeline): boolean {
  if (!wallsAreOn || pipeline.parts.every(part => 'value' in part)) return false
  return !methodNamesAreUnique() || !onlyReads(pipeline)
}

function watchOf({ parts }: Pipeline): LoanWatch {
  const names = parts.flatMap(part => ('value' in part ? [] : capturedNames(part.annotation)))
  const suspects = parts.flatMap(part => ('value' in part ? [] : (suspectLocation(part.annotation) ?? [])))
  return [names, suspects[0]]
}

/**
 * Lends the captures. `deep` watches the objects in them too, not only the variables. Returns undefined if there are
 * none.
 */
function lendCaptures(pipeline: Pipeline, deep: boolean): BorrowedValues | undefined {
  const thunks = pipeline.parts.flatMap(part => ('value' in part ? [] : (part.annotation.captures ?? [])))
  if (thunks.length === 0) return undefined
  const read = (): unknown[] => thunks.flatMap(thunk => thunk())
  return new BorrowedValues(read(), watchOf(pipeline), deep, read)
}

/** Takes a snapshot of the items `[from, to)`. Returns undefined if none of them can change. */
export function snapshotOfItems(items: Items, from: number, to: number): Snapshot | undefined {
  if (!Array.isArray(items)) return undefined
  for (let i = from; i < to; i++) {
    const item: unknown = items[i]
    if (typeof item === 'object' && item !== null) return snapshotOf(items.slice(from, to) as unknown[])
  }
  return undefined
}

/** Throws `LostWriteError` if the items `[from, to)` are not as in their snapshot. */
export function checkItems(items: Snapshot | undefined, from: number, to: number, suspect: string | undefined): void {
  if (items === undefined || items.holds()) return
  throw lostWriteError(to - from === 1 ? `Item ${from}` : `One of the items ${from} to ${to - 1}`, suspect)
}
