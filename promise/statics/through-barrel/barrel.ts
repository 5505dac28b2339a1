export * from './total.ts'
