/** What the package's own tests look at. The package does not export it. */
export { HANDLES, LOCKS, WAITERS } from './core/alloc.ts'
export { core, self } from './core/index.ts'
export * from './core/layout.ts'
export * from './core/mutex.ts'
export * from './core/run-queue.ts'
export * from './core/wait-queue.ts'
export { allocate, f64, i32, release, u8 } from './memory/heap.ts'
export { ask, idOfSlot } from './thread/pool.ts'
