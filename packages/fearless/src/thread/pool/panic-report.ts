/**
 * The report of a panic that no thread joins: printed by the thread that finds it, or given to the process's handler.
 *
 * - While PANIC_HANDLER is 1, a report is a note in the heap: the encoded error, and the id and name of its thread.
 * - Any thread pushes notes on PANIC_NOTES. Only the main thread takes them, all at once, in a turn of its event loop
 *   or when the process ends.
 * - A note has no handles, so it keeps no channel open until the handler has run.
 *
 * A note:
 *
 *   +0   NOTE_NEXT    the next note of the list, or 0
 *   +4   NOTE_AT      allocation: the encoded contents
 *   +8   NOTE_LENGTH  its length
 *   +12  NOTE_BYTES   end
 */
import { cas, get, load, set, store, swap } from '../../core/memory.ts'
import { PANIC_HANDLER, PANIC_NOTES } from '../../core/layout.ts'
import { platform } from '#platform'
import { describe } from '../../describe.ts'
import { EnvironmentError } from '../../errors.ts'
import { hasHandles, reportable } from '../../memory/codec/codec.ts'
import { decodeAndFree, discardBlock, encodeToBlock, type EncodedBlock } from '../../memory/codec/message.ts'
import { allocate, free, withReserve } from '../../memory/heap.ts'
import { withThrower } from '../panic.ts'
import { threadId, threadLabel, threadName } from './thread-record.ts'

const NOTE_NEXT = 0
const NOTE_AT = 4
const NOTE_LENGTH = 8
const NOTE_BYTES = 12

/** The thread of a panic, for the handler of `thread.onPanic`. */
export interface PanickedThread {
  /** A number that is unique among all threads of the process and never reused. */
  readonly id: number
  /** The thread's name, from `thread.builder`. */
  readonly name: string | undefined
}

/** If it returns a promise, an error of the promise is printed as well. */
type PanicHandler = (error: unknown, thread: PanickedThread) => unknown

/** A report that waits: the address of a note, or the text to print. */
export type PanicReport = number | string

let handler: PanicHandler | undefined

/**
 * Calls `handler` instead of printing a panic that no thread joins. For the whole process; `undefined` restores the
 * print.
 *
 * ```ts
 * const seen: string[] = []
 * thread.onPanic((error, { name }) => seen.push(`${name}: ${(error as Error).message}`))
 * drop(thread.builder({ name: 'parser' }).spawn(() => { throw new Error('bad header') }))
 * while (seen.length === 0) await thread.sleep(1)
 * seen // => ['parser: bad header']
 * thread.onPanic(undefined)
 * ```
 *
 * The handler runs on the main thread, in a turn of its event loop, or when the process ends. It receives the error that a
 * join would throw, without the handles in it. It does not change the exit code, which is 1 after a panic that no
 * thread joins, unless the program sets another one. An error of the handler is printed. Throws `EnvironmentError` in
 * any other thread.
 */
export function onPanic(newHandler: PanicHandler | undefined): void {
  if (platform.inheritance !== undefined) {
    throw new EnvironmentError(
      '`thread.onPanic` was called in a thread, but the handler belongs to the process. Call it on the main thread.',
    )
  }
  handler = newHandler
  store(PANIC_HANDLER, newHandler === undefined ? 0 : 1)
}

/** Wakes the main thread to run the handler. Replaced by the modules that know the supervisor. */
export const mainThread = { handlePanics: (): void => {} }

/** Reports a panic whose error is as a join would throw it. */
export function reportPanic(thread: number, error: unknown, state: string): void {
  publishReport(newReport(thread, error, state))
}

/** Makes the report of an error that its thread has thrown, to be published later. `state` says why it is not joined. */
export function reportOfThrown(thread: number, thrown: unknown, state: string): PanicReport {
  const block = encodeContents(thread, thrown)
  if (block === undefined) return textOf(thread, thrown, state)
  const [copy] = decodeAndFree(block.at, block.length) as [unknown]
  return newReport(thread, withThrower(threadLabel(thread), copy), state)
}

function newReport(thread: number, error: unknown, state: string): PanicReport {
  return (load(PANIC_HANDLER) === 1 && newNote(thread, error)) || textOf(thread, error, state)
}

function textOf(thread: number, error: unknown, state: string): string {
  return `The ${threadLabel(thread)} panicked and ${state}. Join it, or catch the error in it.\n${platform.show(error)}\n`
}

/** Prints a report, or passes it to the handler. */
export function publishReport(report: PanicReport): void {
  if (typeof report === 'string') return platform.printError(report)
  for (let next = load(PANIC_NOTES); ; next = load(PANIC_NOTES)) {
    set(report + NOTE_NEXT, next)
    // ORDER: the links of the note are written before the main thread can reach it.
    if (cas(PANIC_NOTES, next, report) === next) break
  }
  mainThread.handlePanics()
}

/** Frees a report that is not needed, because the thread was joined. */
export function discardReport(report: PanicReport): void {
  if (typeof report === 'string') return
  free(get(report + NOTE_AT))
  free(report)
}

/** Calls the handler with all reports so far. Called on the main thread. */
export function runPanicHandler(): void {
  const notes: number[] = []
  for (let note = swap(PANIC_NOTES, 0); note !== 0; note = get(note + NOTE_NEXT)) notes.unshift(note)
  for (const note of notes) {
    try {
      const contents = decodeAndFree(get(note + NOTE_AT), get(note + NOTE_LENGTH))
      const [error, id, name] = contents as [unknown, number, string | undefined]
      void Promise.resolve(handler?.(error, { id, name })).catch(printErrorOfHandler)
    } catch (error) {
      printErrorOfHandler(error)
    }
    free(note)
  }
}

function printErrorOfHandler(error: unknown): void {
  platform.printError(
    `The handler of \`thread.onPanic\` threw an error. Catch the error in the handler.\n${platform.show(error)}\n`,
  )
}

/** Returns 0 if the heap has no room for the note. */
function newNote(thread: number, error: unknown): number {
  const block = encodeContents(thread, error)
  if (block === undefined) return 0
  try {
    const note = withReserve(() => allocate(NOTE_BYTES))
    set(note + NOTE_AT, block.at)
    set(note + NOTE_LENGTH, block.length)
    return note
  } catch {
    free(block.at)
    return 0
  }
}

/** Encodes an error, as far as it can cross without handles, with its thread. Undefined if the heap has no room for it. */
function encodeContents(thread: number, error: unknown): EncodedBlock | undefined {
  for (const candidate of [reportable, withoutProperties]) {
    try {
      const contents = [candidate(error), threadId(thread), threadName(thread)]
      const block = withReserve(() => encodeToBlock(contents, 'copy'))
      if (!hasHandles(block.at)) return block
      discardBlock(block.at, block.length)
    } catch {
      // The next candidate is smaller.
    }
  }
  return undefined
}

function withoutProperties(error: unknown): unknown {
  if (!(error instanceof Error)) return describe(error)
  const copy = Object.create(Object.getPrototypeOf(error) as object) as Error
  for (const key of ['name', 'message', 'stack'] as const) {
    const value = error[key]
    if (value !== copy[key]) Object.defineProperty(copy, key, { value, configurable: true, writable: true })
  }
  return reportable(copy)
}
