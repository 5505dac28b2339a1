export * from './queue.ts'
export { default as run } from './queue.ts'
