/** The module that piscina's threads load. */
export { work as default } from './work.ts'
