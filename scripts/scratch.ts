/**
 * A scratch folder: a project of a test, outside of the repository, that finds the packages of the workspace.
 *
 * It lies in the system's temporary folder under a name of its own. So two test runs share no file, and a run that is
 * killed leaves nothing in the repository. Its `node_modules` links to the packages; Node and tsc resolve a link to its
 * target, so a program of the folder loads the modules that the test loads. The folder is removed by `using`, or at the
 * exit of the process, also after a failed test.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './runtimes.ts'

/** The packages that programs of tests import, and those in which tsc looks for types. */
const PACKAGES = ['fearless', '@fearless/compiler', '@fearless/check', '@types/node', 'typescript']

/** The folders that were not removed yet. */
const folders = new Set<string>()
process.on('exit', removeFolders)

export class ScratchFolder implements Disposable {
  readonly path: string

  /** Writes files by path. A `package.json` for modules is written if there is none among them. */
  constructor(files: Readonly<Record<string, string>> = {}) {
    this.path = realpathSync(mkdtempSync(join(tmpdir(), 'fearless-')))
    folders.add(this.path)
    for (const name of PACKAGES) this.link(name, join(root, 'node_modules', name))
    for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
      this.write(name, text)
    }
  }

  /** Returns the path of a file in the folder. */
  at(name: string): string {
    return join(this.path, name)
  }

  /** Writes a file and returns its path. */
  write(name: string, text: string): string {
    const path = this.at(name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  read(name: string): string {
    return readFileSync(this.at(name), 'utf8')
  }

  /** Makes a package resolve to a folder, in place of the package of the workspace. */
  link(name: string, folder: string): void {
    const link = this.at(`node_modules/${name}`)
    rmSync(link, { force: true })
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(folder, link, 'junction')
  }

  [Symbol.dispose](): void {
    remove(this.path)
  }
}

function remove(folder: string): void {
  folders.delete(folder)
  // A worker or a child of the test may still write while it ends.
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}

function removeFolders(): void {
  for (const folder of folders) remove(folder)
}
