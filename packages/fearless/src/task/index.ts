/** The functions of the `task` namespace. */
export { sleep, yieldNow } from '../thread/sleep.ts'
export { scope } from './task-scope.ts'
export { spawn } from './task-handle.ts'
