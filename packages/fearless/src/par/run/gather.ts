/**
 * The results of a run, and how its owner combines them.
 *
 * The owner keeps the results of its own chunks here, and reads those of other threads out of the region once that is
 * finished. Of several panics, the one of the first chunk is thrown. Handles that the functions made on this thread are
 * dropped unless they are part of the result.
 */
import { snapshotOf, type Snapshot } from '../../memory/codec/lent.ts'
import { dropHandle, isAlive, type Handle } from '../../memory/handles/handle.ts'
import { handlesOutside, recordHandlesOf } from '../../memory/handles/created-handles.ts'
import { lostWriteError } from '../../thread/closure/lost-write.ts'
import type { Consumer } from '../ops/op.ts'
import type { Step } from '../ops/part.ts'
import { firstOf, type Source } from '../sources/source.ts'
import { asPanic, hasPanicked, hasResult, readCollected, readDeath, readPanic, readPartial } from './chunk-result.ts'
import type { Loans } from './loans.ts'
import { chunkAt, chunksIn, itemsIn } from './region.ts'

/** The shared chunks of a run: those of the region from `first` on. */
export interface Shared {
  readonly region: number
  readonly first: number
}

export class Results {
  /** The items of the chunks that this thread ran alone, for a consumer that collects. */
  readonly collected: unknown[] = []
  readonly #consumer: Consumer
  readonly #steps: readonly Step[]
  readonly #loans: Loans
  /** Partial results by chunk, or the collected items of a shared chunk that this thread ran. */
  readonly #partials: unknown[] = []
  #panic: { readonly chunk: number; readonly error: unknown } | undefined
  /** Handles that this thread's functions made. */
  #made: Handle[] = []

  constructor(consumer: Consumer, steps: readonly Step[], loans: Loans) {
    this.#consumer = consumer
    this.#steps = steps
    this.#loans = loans
  }

  /** Runs functions of the run, and records the handles that they make. */
  noting<T>(f: () => T): T {
    return recordHandlesOf(this.#made, f)
  }

  store(chunk: number, partial: unknown): void {
    this.#partials[chunk] = partial
  }

  storePanic(chunk: number, error: unknown): void {
    if (this.#panic === undefined || chunk < this.#panic.chunk) this.#panic = { chunk, error }
  }

  /** Combines the results of all chunks. Throws the first panic, or the death of a helper. */
  combine(source: Source, shared: Shared | undefined): unknown {
    const result = this.noting(() => this.#combined(source, shared))
    this.#dropAllBut(result)
    return result
  }

  /** Drops the handles that the run made, unless they are part of its panic. */
  close(): void {
    this.#dropAllBut(this.#panic?.error)
  }

  #dropAllBut(kept: unknown): void {
    const lost = handlesOutside(this.#made.filter(isAlive), kept)
    this.#made = []
    for (const handle of lost) dropHandle(handle)
  }

  #combined(source: Source, shared: Shared | undefined): unknown {
    if (shared !== undefined) this.#readShared(shared)
    if (this.#panic !== undefined) throw asPanic(this.#panic.error)
    if (this.#consumer.collects) {
      this.#loans.checkCaptures()
      if (shared !== undefined) this.#appendShared(shared)
      return this.collected
    }
    const { watch } = this.#loans
    const items = watch && this.#itemsAmongPartials(source)
    const result = this.#consumer.combine(this.#partials, this.#steps)
    if (items?.holds() === false) throw lostWriteError('An item among the results', watch?.[1])
    this.#loans.checkCaptures()
    return result
  }

  /** Takes a snapshot of the items that a function gets when it combines partial results. */
  #itemsAmongPartials(source: Source): Snapshot | undefined {
    if (!('items' in source) || !Array.isArray(source.items)) return undefined
    const { valueIn } = this.#consumer
    if (valueIn === undefined) return undefined
    const values = this.#partials.map(valueIn)
    if (!values.some(value => typeof value === 'object' && value !== null)) return undefined
    const items = new Set<unknown>(source.items)
    return snapshotOf(values.filter(value => items.has(value)))
  }

  /** Reads the panics of other threads, and their partial results. */
  #readShared({ region, first }: Shared): void {
    const death = readDeath(region)
    if (death !== undefined) throw death
    const chunks = chunksIn(region)
    for (let chunk = first; chunk < chunks; chunk++) {
      const record = chunkAt(region, chunk)
      if (!hasPanicked(record)) continue
      if (this.#panic === undefined || chunk < this.#panic.chunk) this.#panic = { chunk, error: readPanic(record) }
    }
    // After a panic the results of other threads stay in the region, which drops them.
    if (this.#panic !== undefined || this.#consumer.collects) return
    this.#partials.length = chunks
    for (let chunk = first; chunk < chunks; chunk++) {
      const record = chunkAt(region, chunk)
      if (hasResult(record)) this.#partials[chunk] = readPartial(record)
    }
  }

  #appendShared({ region, first }: Shared): void {
    const [chunks, length] = [chunksIn(region), itemsIn(region)]
    for (let chunk = first; chunk < chunks; chunk++) {
      const own = this.#partials[chunk] as unknown[] | undefined
      if (own !== undefined) for (const value of own) this.collected.push(value)
      else readCollected(region, chunkAt(region, chunk), firstOf(chunk, chunks, length), this.collected)
    }
  }
}
