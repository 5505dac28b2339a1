/** The exports under `par.` */
export { currentNumThreads } from './run/helper-pool.ts'
export { files, lines, records, type FileSource } from './sources/files.ts'
export { join } from './join.ts'
export { range, type Range } from './sources/range.ts'
