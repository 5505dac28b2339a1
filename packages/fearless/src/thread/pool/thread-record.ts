/** The record of a thread in the heap: allocation, accessors and descriptions. Its words are in core/run-queue.ts. */
import { add, get, set, store } from '../../core/memory.ts'
import { self } from '../../core/index.ts'
import { NEXT_THREAD, SLOT_THREAD } from '../../core/layout.ts'
import {
  POOL_WEAKS,
  THREAD_BODY,
  THREAD_BODY_LENGTH,
  THREAD_CLOSURE,
  THREAD_BYTES,
  THREAD_HEAP,
  THREAD_ID,
  THREAD_NAME,
  THREAD_OWNERS,
  THREAD_POOL,
  THREAD_REASON,
  THREAD_REASON_LENGTH,
  THREAD_RESULT,
  THREAD_RESULT_LENGTH,
  THREAD_RUNNING,
  THREAD_STACK,
  THREAD_STATE,
} from '../../core/run-queue.ts'
import { truncate } from '../../describe.ts'
import { allocate, i32, free } from '../../memory/heap.ts'
import { discardBlock, type EncodedBlock } from '../../memory/codec/message.ts'
import { loadText, storeText } from '../../memory/interner.ts'

const HANDLE_AND_WORKER = 2

export interface ThreadOptions {
  readonly name?: string | undefined
  readonly stackSizeMb?: number | undefined
  readonly heapSizeMb?: number | undefined
  /** The pool that the thread belongs to. */
  readonly pool?: number
}

/** Allocates the record of a thread that does not run yet. Throws `HeapFullError`. */
export function newThread(options: ThreadOptions): number {
  const thread = allocate(THREAD_BYTES)
  i32.fill(0, thread >> 2, (thread + THREAD_BYTES) >> 2)
  try {
    if (options.name !== undefined) set(thread + THREAD_NAME, storeText(options.name))
  } catch (error) {
    free(thread)
    throw error
  }
  set(thread + THREAD_OWNERS, HANDLE_AND_WORKER)
  set(thread + THREAD_ID, add(NEXT_THREAD, 1))
  set(thread + THREAD_STACK, options.stackSizeMb ?? 0)
  set(thread + THREAD_HEAP, options.heapSizeMb ?? 0)
  if (options.pool !== undefined) {
    set(thread + THREAD_POOL, options.pool)
    add(options.pool + POOL_WEAKS, 1)
  }
  return thread
}

/** Frees a record that has no owner, with its body and its result if no thread has read them. */
export function freeThread(thread: number): void {
  discardBody(thread)
  discardResult(thread)
  discardPart(thread + THREAD_REASON, thread + THREAD_REASON_LENGTH)
  const pool = get(thread + THREAD_POOL)
  if (pool !== 0 && add(pool + POOL_WEAKS, -1) === 1) free(pool)
  const name = get(thread + THREAD_NAME)
  if (name !== 0) free(name)
  free(thread)
}

export function setBody(thread: number, closure: number, body: EncodedBlock): void {
  set(thread + THREAD_CLOSURE, closure)
  set(thread + THREAD_BODY, body.at)
  set(thread + THREAD_BODY_LENGTH, body.length)
}

export function setResult(thread: number, result: EncodedBlock): void {
  set(thread + THREAD_RESULT, result.at)
  set(thread + THREAD_RESULT_LENGTH, result.length)
}

/** Stores the error that becomes the thread's result if its signal stops it. */
export function setAbortReason(thread: number, error: EncodedBlock | undefined): void {
  if (error === undefined) return
  set(thread + THREAD_REASON, error.at)
  set(thread + THREAD_REASON_LENGTH, error.length)
}

/** Makes the stored reason the result of a thread that its signal has stopped. False if the heap had no room for it. */
export function useAbortReason(thread: number): boolean {
  const at = get(thread + THREAD_REASON)
  set(thread + THREAD_REASON, 0)
  if (at !== 0) setResult(thread, { at, length: get(thread + THREAD_REASON_LENGTH) })
  return at !== 0
}

/** Frees the result if no thread has read it, and drops the handles in it. */
function discardResult(thread: number): void {
  discardPart(thread + THREAD_RESULT, thread + THREAD_RESULT_LENGTH)
}

/** Frees the body if no thread has read it, and drops the handles in it. */
export function discardBody(thread: number): void {
  discardPart(thread + THREAD_BODY, thread + THREAD_BODY_LENGTH)
}

function discardPart(part: number, length: number): void {
  const at = get(part)
  set(part, 0)
  if (at !== 0) discardBlock(at, get(length))
}

export function threadName(thread: number): string | undefined {
  const name = get(thread + THREAD_NAME)
  return name === 0 ? undefined : loadText(name)
}

export function threadId(thread: number): number {
  return get(thread + THREAD_ID)
}

/** The name of a thread in messages. */
export function threadLabel(thread: number): string {
  return `thread "${truncate(threadName(thread) ?? String(threadId(thread)))}"`
}

let own = 0

/** The record of the running thread. Main's, and that of a worker between two threads, is allocated on first use. */
export function currentThread(): number {
  const running = get(self + SLOT_THREAD)
  if (running !== 0) return running
  if (own === 0) {
    own = newThread({ name: 'main' })
    set(own + THREAD_ID, 1)
    store(own + THREAD_STATE, THREAD_RUNNING)
  }
  return own
}
