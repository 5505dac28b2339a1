/** The functions of the `thread` namespace. */
export { panicking } from '../sync/unwind.ts'
export { availableParallelism, builder, spawn } from './spawn.ts'
export { current, park } from './join-handle.ts'
export { scope } from './scope.ts'
export { sleep, sleepUntil, yieldNow } from './sleep.ts'
export { configure } from './pool/settings.ts'
export { pool } from './thread-pool.ts'
export { heapReport } from '../memory/heap-report.ts'
