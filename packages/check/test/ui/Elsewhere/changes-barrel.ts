export { record as note, default as Table } from './changes.ts'
export * from './changes.ts'
