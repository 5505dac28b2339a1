/** The functions of the `task` namespace. */
export { sleep, yieldNow } from '../thread/sleep.ts'
export { scope } from './scope.ts'
export { spawn } from './handle.ts'
