/** What the package's own tests look at. The package does not export it. */
export {
  CLASS_CARVE,
  CLASS_CARVE_END,
  CLASS_FREE,
  HANDLES,
  LOCKS,
  RW_LOCKS,
  SEMAPHORES,
  WAITERS,
  classBytes,
} from './core/alloc.ts'
export { core, self } from './core/index.ts'
export * from './core/barrier.ts'
export * from './core/condvar.ts'
export * from './core/layout.ts'
export * from './core/semaphore.ts'
export * from './core/wait-group.ts'
export * from './core/mutex.ts'
export * from './core/once.ts'
export * from './core/run-queue.ts'
export * from './core/rw-lock.ts'
export * from './core/wait-queue.ts'
export { HANDLE_OWNER, IN_TRANSIT } from './core/handles.ts'
export { allocate, f64, i32, release, u8 } from './memory/heap.ts'
export { ask, blockedWorkers, idOfSlot } from './thread/pool.ts'
