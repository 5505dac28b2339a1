export { default as queue } from './queue.ts'
export type { Job } from './queue.ts'
