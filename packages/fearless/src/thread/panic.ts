/**
 * Panics: how what a thread throws reaches whoever joins it.
 *
 * An Error arrives as its own class with name, message, code, cause, own properties and the thread's stack; anything
 * else, and any death without an error, arrives as a `PanicError`.
 */
import { describe } from '../describe.ts'
import { PanicError } from '../errors.ts'
import { decode, reportable } from '../memory/codec/codec.ts'
import { i32, release, withReserve } from '../memory/heap.ts'
import { toBlock, type Block } from '../memory/codec/message.ts'
import { RAN_DRY } from '../core/layout.ts'
import { THREAD_RESULT, THREAD_RESULT_LENGTH } from '../core/run-queue.ts'
import { labelOf, setResult } from './pool/record.ts'

/** Writes what a thread threw into its record, or as much of it as can cross; false if not even that fits the heap. */
export function storeError(thread: number, error: unknown): boolean {
  const block = errorBlock(error)
  if (block !== undefined) setResult(thread, block)
  return block !== undefined
}

/** What was thrown, or as much of it as can cross; undefined if not even that fits the heap. */
export function errorBlock(error: unknown): Block | undefined {
  for (const candidate of [() => error, () => reportable(error)]) {
    try {
      return withReserve(() => toBlock(candidate(), 'move'))
    } catch {
      // What cannot cross is left out or described.
    }
  }
  return undefined
}

/** The error of a thread that panicked, taken out of its record: the caller owns the handles in it. */
export function panicOf(thread: number): unknown {
  const at = i32[(thread + THREAD_RESULT) >> 2]
  const who = labelOf(thread)
  if (at === 0) return unknownPanic(who)
  i32[(thread + THREAD_RESULT) >> 2] = 0
  try {
    return asThrownBy(who, decode(at, i32[(thread + THREAD_RESULT_LENGTH) >> 2]))
  } finally {
    release(at)
  }
}

export function unknownPanic(who: string): PanicError {
  return new PanicError(`The ${who} ended without a result, and the heap had no room for the reason.`)
}

/** What somebody else threw, for whoever waits for it. */
export function asThrownBy(who: string, error: unknown): unknown {
  if (!(error instanceof Error)) {
    return new PanicError(`The ${who} panicked with ${describe(error)}. It is in \`payload\`.`, { payload: error })
  }
  Object.defineProperty(error, 'stack', {
    value: `${framesOf(error)}\n    in ${who}`,
    configurable: true,
    writable: true,
  })
  return error
}

const LIBRARY = new URL('..', import.meta.url).href

/**
 * The stack as the user's files have it: without the worker's own frames at its end. The others name the extracted
 * module, whose lines and columns are the file's own.
 */
function framesOf(error: Error): string {
  const stack = error.stack ?? `${error.name}: ${error.message}`
  if (!stack.includes('?fl=') && !stack.includes(LIBRARY)) return stack
  const lines = stack.split('\n')
  while (lines.at(-1)!.includes(LIBRARY)) lines.pop()
  return lines.join('\n').replaceAll(/\?fl=\w+/g, '')
}

/** Why a worker's thread ended without throwing. `exit` is what SLOT_EXIT says. */
export function diedError(thread: number, exit: number, reason: string | undefined): PanicError {
  const why =
    reason ??
    (exit === RAN_DRY
      ? 'it awaits a promise, and its event loop has nothing left to do that could resolve it'
      : exit > 0
        ? `it called process.exit(${exit - 1})`
        : 'its worker was terminated or ran out of memory')
  const error = new PanicError(
    `The ${labelOf(thread)} ended without a result: ${why}. Whatever it held was dropped and poisoned.`,
    {
      payload: why,
    },
  )
  // Where the reaper stood says nothing.
  error.stack = `${error.name}: ${error.message}`
  return error
}
