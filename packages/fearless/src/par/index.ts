/** The names under `par.` */
export { currentNumThreads } from './crew.ts'
export { join } from './join.ts'
export { range, type Range } from './source.ts'
