/**
 * The heap that all threads of a process share, as seen by this thread: typed arrays that never go stale, and
 * allocations.
 *
 * An allocation belongs to the thread that made it until that thread gives its address away. Only the last owner frees
 * it.
 */
import { platform } from '#platform'
import { LARGE, SEMAPHORES, WAITERS, classBytes } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { sharedMemory } from '../core/shared-memory.ts'
import { HEAP_FIRST, HEAP_TOP, NEXT_SLOT, PAGE_SHIFT, SLOTS, SLOT_SIZE, SLOT_URGENT } from '../core/layout.ts'
import { PAGE_COUNT, PAGE_KIND, entryOf } from '../core/pages.ts'
import { EnvironmentError, HeapFullError } from '../errors.ts'

export { SHAPES_HEAD } from '../core/layout.ts'

const buffer = sharedMemory.buffer as unknown as SharedArrayBuffer

export const u8 = new Uint8Array(buffer)
export const u16 = new Uint16Array(buffer)
export const i32 = new Int32Array(buffer)
export const f64 = new Float64Array(buffer)
export const i64 = new BigInt64Array(buffer)
export const u64 = new BigUint64Array(buffer)

if (platform.name !== 'model') refuseSecondCopy()

/**
 * Allocates at least `bytes`, aligned to 16. Throws `HeapFullError` if there is no room, and has changed nothing then.
 */
export function allocate(bytes: number): number {
  if (bytes > 0x4000_0000) throw heapFullError(bytes)
  let block = core.allocate(self, bytes)
  if (block === 0 && garbageReclaimer.endGarbage()) block = core.allocate(self, bytes)
  if (block === 0) throw heapFullError(bytes)
  return block
}

/**
 * Drops large handles that are garbage and returns whether there were any. Set by handles/handle.ts, the layer that
 * knows the handles.
 */
export const garbageReclaimer = { endGarbage: (): boolean => false }

/** Runs `f` with access to the reserve of the heap, for errors and drops, without which a full heap could not empty. */
export function withReserve<T>(f: () => T): T {
  const before = i32[(self + SLOT_URGENT) >> 2]
  i32[(self + SLOT_URGENT) >> 2] = 1
  try {
    return f()
  } finally {
    i32[(self + SLOT_URGENT) >> 2] = before
  }
}

export function free(block: number): void {
  core.free(self, block)
}

export const GENERAL_ADVICE = 'Receive messages faster, end objects that are no longer needed with `using` or `drop`'

/** Describes the largest holders of the heap and a repair. Set by heap-report.ts, which knows the kinds of objects. */
export const heapFullAdvice = { describe: (): string => GENERAL_ADVICE }

export function heapFullError(bytes: number): HeapFullError {
  const mib = Math.floor(buffer.byteLength / 1048576)
  return new HeapFullError(
    `The shared heap of ${mib} MiB has no room for ${bytes} bytes more. ${heapFullAdvice.describe()}, or raise FEARLESS_HEAP_MB ` +
      '(at most 2047). `thread.heapReport()` lists the objects in the heap.',
  )
}

/** Returns the size of the allocation at an address, or 0 if there is none. */
export function allocationBytes(at: number): number {
  const entry = entryOf(at)
  if (at < i32[HEAP_FIRST >> 2] || at >= i32[HEAP_TOP >> 2]) return 0
  const kind = Atomics.load(i32, (entry + PAGE_KIND) >> 2) - 1
  if (kind === LARGE) return Math.max(0, i32[(entry + PAGE_COUNT) >> 2] << PAGE_SHIFT)
  return kind >= 0 && kind <= SEMAPHORES && (kind < LARGE || kind >= WAITERS) ? classBytes(kind) : 0
}

/** Returns the slots of all threads of the process, including finished ones. */
export function threadSlots(): number[] {
  const count = Atomics.load(i32, NEXT_SLOT >> 2) - 1
  return Array.from({ length: count }, (_, n) => SLOTS + (n + 1) * SLOT_SIZE)
}

/** Visits every object of a size class, including free ones. */
export function* objectsOfClass(kind: number): Generator<number> {
  core.beginVisit()
  try {
    for (let thing = core.nextObject(kind, 0); thing !== 0; thing = core.nextObject(kind, thing)) yield thing
  } finally {
    core.endVisit()
  }
}

/**
 * Throws `EnvironmentError` if another copy of the library is loaded, because each copy would have a heap of its own.
 */
function refuseSecondCopy(): void {
  const key = Symbol.for('fearless.heap')
  const holder = globalThis as { [key]?: string }
  const here = new URL('..', import.meta.url).href
  const there = holder[key]
  if (there !== undefined && there !== here) {
    throw new EnvironmentError(
      `Two copies of fearless are loaded in one process: ${there} and ${here}. ` +
        'Make every package use the same version (npm ls fearless), so that there is one shared heap.',
    )
  }
  holder[key] = here
}
