/**
 * Temporary projects of tests. They are inside this package, so that `fearless` and `typescript` resolve, and outside
 * its sources, which other tests check concurrently.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const scratch = fileURLToPath(new URL('../.scratch/', import.meta.url))

export const TSCONFIG = {
  extends: '../../../../tsconfig.base.json',
  compilerOptions: { noEmit: true, declaration: false, sourceMap: false, noUnusedLocals: false, jsx: 'preserve' },
  include: ['.'],
}

export class Scratch implements Disposable {
  readonly folder: string

  /** Writes files by path, and a `tsconfig.json` if there is none among them. */
  constructor(files: Record<string, string>, options: { tsconfig?: object | null } = {}) {
    const { tsconfig = TSCONFIG } = options
    mkdirSync(scratch, { recursive: true })
    this.folder = mkdtempSync(scratch)
    if (tsconfig !== null && files['tsconfig.json'] === undefined) this.write('tsconfig.json', JSON.stringify(tsconfig))
    for (const [path, text] of Object.entries(files)) this.write(path, text)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), text)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true })
  }
}

/** The path of the installed `fearless` command. */
export const COMMAND = fileURLToPath(new URL('../../fearless/bin/fearless.js', import.meta.url))
