/** Internals for the package's own tests. The package does not export them. */
import * as bound from './core/index.ts'
import * as heap from './memory/heap.ts'

// Separate variables for the core and the heap: V8 keeps a variable that a module exports in a cell, and folds no
// constant that it finds there. 1.3x on messages of objects (memory/codec/codec.bench.ts).
export const { core, self } = bound
export const { i32 } = heap
export { HANDLES, LOCKS, WAITERS, classBytes } from './core/alloc.ts'
export * from './core/barrier.ts'
export * from './core/condvar.ts'
export * from './core/layout.ts'
export * from './core/pages.ts'
export * from './core/semaphore.ts'
export * from './core/wait-group.ts'
export * from './core/mutex.ts'
export * from './core/once.ts'
export * from './core/run-queue.ts'
export * from './core/rw-lock.ts'
export * from './core/wait-queue.ts'
export { HANDLE_OWNER } from './core/handles.ts'
export { allocate } from './memory/heap.ts'
export { requestSupervisor, countBlockedWorkers } from './thread/pool/pool.ts'
export { platform } from '#platform'
