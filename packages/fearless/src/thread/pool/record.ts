/** The record of a thread in the heap: allocation, accessors and descriptions. Its words are in core/run-queue.ts. */
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
import { bounded } from '../../describe.ts'
import { allocate, i32, release } from '../../memory/heap.ts'
import { discardBlock, type Block } from '../../memory/codec/message.ts'
import { loadText, storeText } from '../../memory/interned.ts'

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
    if (options.name !== undefined) i32[(thread + THREAD_NAME) >> 2] = storeText(options.name)
  } catch (error) {
    release(thread)
    throw error
  }
  i32[(thread + THREAD_OWNERS) >> 2] = HANDLE_AND_WORKER
  i32[(thread + THREAD_ID) >> 2] = Atomics.add(i32, NEXT_THREAD >> 2, 1)
  i32[(thread + THREAD_STACK) >> 2] = options.stackSizeMb ?? 0
  i32[(thread + THREAD_HEAP) >> 2] = options.heapSizeMb ?? 0
  if (options.pool !== undefined) {
    i32[(thread + THREAD_POOL) >> 2] = options.pool
    Atomics.add(i32, (options.pool + POOL_WEAKS) >> 2, 1)
  }
  return thread
}

/** Frees a record that has no owner, with its body and its result if no thread has read them. */
export function freeThread(thread: number): void {
  discardBody(thread)
  discardResult(thread)
  discardPart(thread + THREAD_REASON, thread + THREAD_REASON_LENGTH)
  const pool = i32[(thread + THREAD_POOL) >> 2]
  if (pool !== 0 && Atomics.sub(i32, (pool + POOL_WEAKS) >> 2, 1) === 1) release(pool)
  const name = i32[(thread + THREAD_NAME) >> 2]
  if (name !== 0) release(name)
  release(thread)
}

export function setBody(thread: number, closure: number, body: Block): void {
  i32[(thread + THREAD_CLOSURE) >> 2] = closure
  i32[(thread + THREAD_BODY) >> 2] = body.at
  i32[(thread + THREAD_BODY_LENGTH) >> 2] = body.length
}

export function setResult(thread: number, result: Block): void {
  i32[(thread + THREAD_RESULT) >> 2] = result.at
  i32[(thread + THREAD_RESULT_LENGTH) >> 2] = result.length
}

/** Stores the error that becomes the thread's result if its signal stops it. */
export function setReason(thread: number, error: Block | undefined): void {
  if (error === undefined) return
  i32[(thread + THREAD_REASON) >> 2] = error.at
  i32[(thread + THREAD_REASON_LENGTH) >> 2] = error.length
}

/** Makes the stored reason the result of a thread that its signal has stopped. False if the heap had no room for it. */
export function takeReason(thread: number): boolean {
  const at = i32[(thread + THREAD_REASON) >> 2]
  i32[(thread + THREAD_REASON) >> 2] = 0
  if (at !== 0) setResult(thread, { at, length: i32[(thread + THREAD_REASON_LENGTH) >> 2] })
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
  const at = i32[part >> 2]
  i32[part >> 2] = 0
  if (at !== 0) discardBlock(at, i32[length >> 2])
}

export function nameOf(thread: number): string | undefined {
  const name = i32[(thread + THREAD_NAME) >> 2]
  return name === 0 ? undefined : loadText(name)
}

export function idOf(thread: number): number {
  return i32[(thread + THREAD_ID) >> 2]
}

/** The name of a thread in messages. */
export function labelOf(thread: number): string {
  return `thread "${bounded(nameOf(thread) ?? String(idOf(thread)))}"`
}

let own = 0

/** The record of the running thread. Main's, and that of a worker between two threads, is allocated on first use. */
export function currentThread(): number {
  const running = i32[(self + SLOT_THREAD) >> 2]
  if (running !== 0) return running
  if (own === 0) {
    own = newThread({ name: 'main' })
    i32[(own + THREAD_ID) >> 2] = 1
    Atomics.store(i32, (own + THREAD_STATE) >> 2, THREAD_RUNNING)
  }
  return own
}
