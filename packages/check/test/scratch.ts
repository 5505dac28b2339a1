/** Temporary projects of tests: scratch folders with a configuration of TypeScript. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../../scripts/runtimes.ts'
import { ScratchFolder } from '../../../scripts/scratch.ts'

export const TSCONFIG = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: { noEmit: true, declaration: false, sourceMap: false, noUnusedLocals: false, jsx: 'preserve' },
  include: ['.'],
}

export class ScratchProject extends ScratchFolder {
  /** Writes files by path, and a `tsconfig.json` if there is none among them. */
  constructor(files: Record<string, string>, { tsconfig = TSCONFIG }: { tsconfig?: object | null } = {}) {
    super(tsconfig === null ? files : { 'tsconfig.json': JSON.stringify(tsconfig), ...files })
  }
}

/** The path of the installed `fearless` command. */
export const COMMAND = fileURLToPath(new URL('../../fearless/bin/fearless.js', import.meta.url))
