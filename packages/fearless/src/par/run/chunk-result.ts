/**
 * The result of one chunk in its record: a partial result, the items that it collected, or a panic.
 *
 * Only the thread that runs the chunk writes it. Finishing the chunk passes it to the owner of the region
 * (`finishChunks`).
 */
import { get, getFloat, set, setFloat } from '../../core/memory.ts'
import { decode } from '../../memory/codec/codec.ts'
import { f64 } from '../../memory/heap.ts'
import { discardBlock, decodeAndFree, encodeToBlock, type EncodedBlock } from '../../memory/codec/message.ts'
import { withThrower, encodeError, unknownPanic } from '../../thread/panic.ts'
import {
  A_NUMBER,
  A_PANIC,
  A_VALUE,
  CHUNK_BLOCK,
  CHUNK_BLOCK_LENGTH,
  CHUNK_COUNT,
  CHUNK_NUMBER,
  CHUNK_OUTCOME,
  NO_RESULT,
  deathIn,
  packedResults,
} from './region.ts'

const THROWN_BY = 'parallel closure'

/** Writes a partial result. Throws `NotSendError` if it may not cross. */
export function writePartial(chunk: number, value: unknown): void {
  if (typeof value === 'number') {
    setFloat(chunk + CHUNK_NUMBER, value)
    set(chunk + CHUNK_OUTCOME, A_NUMBER)
  } else if (value !== undefined) writeBlock(chunk, A_VALUE, encodeToBlock(value, 'copy'))
}

/** Writes collected items: the count of packed numbers, and the items after them. */
export function writeCollected(chunk: number, numbers: number, rest: unknown[] | undefined): void {
  set(chunk + CHUNK_COUNT, numbers)
  if (rest !== undefined) writeBlock(chunk, A_VALUE, encodeToBlock(rest, 'copy'))
}

/** Replaces the result of the chunk by a panic. An earlier panic stays. */
export function writePanic(chunk: number, error: unknown): void {
  if (hasPanicked(chunk)) return
  const written = takeBlock(chunk)
  if (written !== undefined) discardBlock(written.at, written.length)
  set(chunk + CHUNK_OUTCOME, A_PANIC)
  const block = encodeError(error)
  if (block !== undefined) writeBlock(chunk, A_PANIC, block)
}

function writeBlock(chunk: number, outcome: number, block: EncodedBlock): void {
  set(chunk + CHUNK_BLOCK, block.at)
  set(chunk + CHUNK_BLOCK_LENGTH, block.length)
  set(chunk + CHUNK_OUTCOME, outcome)
}

export function hasPanicked(chunk: number): boolean {
  return get(chunk + CHUNK_OUTCOME) === A_PANIC
}

/** Takes the panic out of a chunk that has panicked. */
export function readPanic(chunk: number): unknown {
  const block = takeBlock(chunk)
  return block === undefined ? unknownPanic(THROWN_BY) : withThrower(THROWN_BY, decodeAndFree(block.at, block.length))
}

/** The error that says how a helper died while it worked for this region. Returns undefined if none died. */
export function readDeath(region: number): unknown {
  const block = deathIn(region)
  if (block === undefined) return undefined
  return block.length === 0 ? unknownPanic('parallel helper') : decode(block.at, block.length)
}

export function hasResult(chunk: number): boolean {
  return get(chunk + CHUNK_OUTCOME) !== NO_RESULT
}

/** Takes the partial result out of a chunk. */
export function readPartial(chunk: number): unknown {
  if (get(chunk + CHUNK_OUTCOME) === A_NUMBER) return getFloat(chunk + CHUNK_NUMBER)
  const block = takeBlock(chunk)
  return block && decodeAndFree(block.at, block.length)
}

/** Appends the collected items of a chunk, whose first input item is `item`. */
export function readCollected(region: number, chunk: number, item: number, to: unknown[]): void {
  const count = get(chunk + CHUNK_COUNT)
  if (count > 0) {
    const start = packedResults(region, item)! >> 3
    for (let i = start; i < start + count; i++) to.push(f64[i])
  }
  const rest = readPartial(chunk) as unknown[] | undefined
  if (rest !== undefined) for (const value of rest) to.push(value)
}

function takeBlock(chunk: number): EncodedBlock | undefined {
  const at = get(chunk + CHUNK_BLOCK)
  set(chunk + CHUNK_BLOCK, 0)
  return at === 0 ? undefined : { at, length: get(chunk + CHUNK_BLOCK_LENGTH) }
}

/** The panic of code that ran on the calling thread, as `join` of a thread throws it. */
export function asPanic(error: unknown): unknown {
  return error instanceof Error ? error : withThrower(THROWN_BY, error)
}
