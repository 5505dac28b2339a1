/** The names under `par.` */
export { currentNumThreads } from './crew.ts'
export { files, lines, records, type FileSource } from './files.ts'
export { join } from './join.ts'
export { range, type Range } from './source.ts'
