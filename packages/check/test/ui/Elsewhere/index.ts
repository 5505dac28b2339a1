export { level as grade } from './state.ts'
export * from './shared.ts'
