/** What a chunk gave, as its record in the heap tells it to the owner of the region. */
import { decode } from '../memory/codec/codec.ts'
import { f64, i32 } from '../memory/heap.ts'
import { discardBlock, decodeAndFree, encodeToBlock, type EncodedBlock } from '../memory/codec/message.ts'
import { withThrower, encodeError, unknownPanic } from '../thread/panic.ts'
import {
  A_NUMBER,
  A_PANIC,
  A_VALUE,
  CHUNK_BLOCK,
  CHUNK_BLOCK_LENGTH,
  CHUNK_COUNT,
  CHUNK_NUMBER,
  CHUNK_OUTCOME,
  deathIn,
  packedResults,
} from './region.ts'

const WHO = 'parallel closure'

/** A number, or anything that may cross; throws `NotSendError`. */
export function writeOutcome(chunk: number, value: unknown): void {
  if (typeof value === 'number') {
    f64[(chunk + CHUNK_NUMBER) >> 3] = value
    i32[(chunk + CHUNK_OUTCOME) >> 2] = A_NUMBER
  } else if (value !== undefined) writeBlock(chunk, A_VALUE, encodeToBlock(value, 'copy'))
}

/** What `collect` has: so many packed numbers, and the values after them. */
export function writeCollected(chunk: number, numbers: number, rest: unknown[] | undefined): void {
  i32[(chunk + CHUNK_COUNT) >> 2] = numbers
  if (rest !== undefined) writeBlock(chunk, A_VALUE, encodeToBlock(rest, 'copy'))
}

/** The thread that ran the chunk panicked. Takes the place of what the chunk gave; an earlier panic stays. */
export function writePanic(chunk: number, error: unknown): void {
  if (hasPanicked(chunk)) return
  const given = takeBlock(chunk)
  if (given !== undefined) discardBlock(given.at, given.length)
  i32[(chunk + CHUNK_OUTCOME) >> 2] = A_PANIC
  const block = encodeError(error)
  if (block !== undefined) writeBlock(chunk, A_PANIC, block)
}

function writeBlock(chunk: number, outcome: number, block: EncodedBlock): void {
  i32[(chunk + CHUNK_BLOCK) >> 2] = block.at
  i32[(chunk + CHUNK_BLOCK_LENGTH) >> 2] = block.length
  i32[(chunk + CHUNK_OUTCOME) >> 2] = outcome
}

export function hasPanicked(chunk: number): boolean {
  return i32[(chunk + CHUNK_OUTCOME) >> 2] === A_PANIC
}

/** What the chunk threw. */
export function readPanic(chunk: number): unknown {
  const block = takeBlock(chunk)
  return block === undefined ? unknownPanic(WHO) : withThrower(WHO, decodeAndFree(block.at, block.length))
}

/** Why a helper died in this region; undefined if none did. */
export function readDeath(region: number): unknown {
  const block = deathIn(region)
  return block && decode(block.at, block.length)
}

/** Whether a chunk left anything. */
export function hasOutcome(chunk: number): boolean {
  return i32[(chunk + CHUNK_OUTCOME) >> 2] !== 0
}

export function readOutcome(chunk: number): unknown {
  if (i32[(chunk + CHUNK_OUTCOME) >> 2] === A_NUMBER) return f64[(chunk + CHUNK_NUMBER) >> 3]
  const block = takeBlock(chunk)
  return block && decodeAndFree(block.at, block.length)
}

/** Appends what a chunk of `collect`, whose first item is `item`, has put out. */
export function readCollected(region: number, chunk: number, item: number, to: unknown[]): void {
  const count = i32[(chunk + CHUNK_COUNT) >> 2]
  if (count > 0) {
    const start = packedResults(region, item)! >> 3
    for (let i = start; i < start + count; i++) to.push(f64[i])
  }
  const rest = readOutcome(chunk) as unknown[] | undefined
  if (rest !== undefined) for (const value of rest) to.push(value)
}

function takeBlock(chunk: number): EncodedBlock | undefined {
  const at = i32[(chunk + CHUNK_BLOCK) >> 2]
  i32[(chunk + CHUNK_BLOCK) >> 2] = 0
  return at === 0 ? undefined : { at, length: i32[(chunk + CHUNK_BLOCK_LENGTH) >> 2] }
}

/** What code that ran on the calling thread threw, as `join` would throw it. */
export function asPanic(error: unknown): unknown {
  return error instanceof Error ? error : withThrower(WHO, error)
}
