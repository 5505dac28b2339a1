/**
 * Panics: the transfer of a thread's error to the thread that joins it.
 *
 * An Error arrives with its own class, name, message, code, cause, own properties and the thread's stack. Any other
 * thrown value, and any death without an error, arrives as a `PanicError`.
 */
import { platform } from '#platform'
import { describe } from '../describe.ts'
import { PanicError } from '../errors.ts'
import { decode, reportable } from '../memory/codec/codec.ts'
import { free, withReserve } from '../memory/heap.ts'
import { encodeToBlock, type EncodedBlock } from '../memory/codec/message.ts'
import { RAN_DRY } from '../core/layout.ts'
import { get, set } from '../core/memory.ts'
import { THREAD_RESULT, THREAD_RESULT_LENGTH } from '../core/run-queue.ts'
import { threadLabel, setResult } from './pool/thread-record.ts'

/** Stores a thread's error in its record, as far as it can cross. False if the heap has no room for it. */
export function storePanic(thread: number, error: unknown): boolean {
  const block = encodeError(error)
  if (block !== undefined) setResult(thread, block)
  return block !== undefined
}

/** Encodes an error, as far as it can cross; undefined if the heap has no room for it. */
export function encodeError(error: unknown): EncodedBlock | undefined {
  for (const candidate of [() => error, () => reportable(error)]) {
    try {
      return withReserve(() => encodeToBlock(candidate(), 'move'))
    } catch {
      // The next candidate leaves out or describes the values that cannot cross.
    }
  }
  return undefined
}

/** Takes the error of a thread that panicked out of its record: the caller then owns the handles in it. */
export function takePanic(thread: number): unknown {
  const at = get(thread + THREAD_RESULT)
  const label = threadLabel(thread)
  if (at === 0) return unknownPanic(label)
  set(thread + THREAD_RESULT, 0)
  try {
    return withThrower(label, decode(at, get(thread + THREAD_RESULT_LENGTH)))
  } finally {
    free(at)
  }
}

export function unknownPanic(label: string): PanicError {
  return new PanicError(
    `The ${label} ended without a result, and the heap had no room for the reason. Raise FEARLESS_HEAP_MB.`,
  )
}

/** Turns a value that another thread or task threw into the error for its joiner: adds the label to the stack. */
export function withThrower(label: string, error: unknown): unknown {
  if (!(error instanceof Error)) {
    return new PanicError(
      `The ${label} panicked with ${describe(error)}. Read the value from \`payload\`, or throw an Error, which keeps its stack.`,
      { payload: error },
    )
  }
  setStack(error, `${framesOf(error)}\n    in ${label}`)
  for (const part of partsOf(error)) setStack(part, framesOf(part))
  return error
}

function setStack(error: Error, stack: string): void {
  Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true })
}

/** Returns the errors in an error: its causes, and the errors of an AggregateError, to any depth. */
function partsOf(error: Error): Error[] {
  const found = new Set([error])
  for (const { cause, errors } of found as Iterable<Error & { readonly errors?: unknown }>) {
    for (const part of [cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])]) {
      if (part instanceof Error) found.add(part)
    }
  }
  return [...found].slice(1)
}

const LIBRARY = new URL('..', import.meta.url).href

/**
 * The stack in terms of the user's files, without the worker's frames at its end. A frame of an extracted module has
 * the lines and columns of the original file.
 */
function framesOf(error: Error): string {
  const stack = error.stack ?? `${error.name}: ${error.message}`
  if (!stack.includes('?fl=') && !stack.includes(LIBRARY)) return stack
  const lines = stack.split('\n')
  while (lines.at(-1)!.includes(LIBRARY)) lines.pop()
  return lines.join('\n').replaceAll(/\?fl=\w+/g, '')
}

/** The error of a thread that ended without throwing. `exit` is the value of SLOT_EXIT. */
export function diedError(thread: number, exit: number, reason: string | undefined): PanicError {
  const [why, repair] = causeOfDeath(exit, reason)
  const error = new PanicError(
    `The ${threadLabel(thread)} ended without a result: ${why}. Its handles were dropped and its locks poisoned. ${repair}`,
    { payload: why },
  )
  // The reaper's own stack is of no use to the reader.
  error.stack = `${error.name}: ${error.message}`
  return error
}

function causeOfDeath(exit: number, reason: string | undefined): readonly [why: string, repair: string] {
  if (reason === undefined && exit === RAN_DRY) {
    return [
      'it awaited a promise, and its event loop had nothing left to do that could resolve it',
      'Resolve the promise in the thread, or await it with a time limit.',
    ]
  }
  if (reason === undefined && exit > 0) {
    return [
      `it called ${platform.name === 'browser' ? 'close()' : `process.exit(${exit - 1})`}`,
      'Return from the closure to end a thread.',
    ]
  }
  return [
    reason ?? 'its worker was terminated or ran out of memory',
    'If it needs more memory, pass `heapSizeMb` to `thread.builder`.',
  ]
}
