/** Synchronous file access by Node's module, which Bun and Deno have too. */
import type { Stats } from 'node:fs'

const fs = process.getBuiltinModule('node:fs')

/** The file system. Its functions throw the runtime's own errors. */
export interface Files {
  stat(path: string): FileStat
  open(path: string): OpenFile
  /** Returns the entries of a directory, by name. */
  entries(directory: string): Entry[]
  /** Returns the path of a `file:` URL. */
  pathOf(url: URL): string
}

interface FileStat {
  readonly isFile: boolean
  readonly size: number
  /** Differs between files, and changes if the file changes. */
  readonly version: string
}

export interface OpenFile {
  stat(): FileStat
  /** Fills `into` from `position` on. Returns the number of bytes read. */
  read(into: Uint8Array, position: number): number
  close(): void
}

export interface Entry {
  readonly name: string
  readonly isFile: boolean
  readonly isDirectory: boolean
}

const statOf = (stats: Stats): FileStat => ({
  isFile: stats.isFile(),
  size: stats.size,
  version: [stats.dev, stats.ino, stats.size, stats.mtimeMs].join(),
})

export const files: Files = {
  stat: path => statOf(fs.statSync(path)),
  open(path) {
    const descriptor = fs.openSync(path, 'r')
    return {
      stat: () => statOf(fs.fstatSync(descriptor)),
      read: (into, position) => fs.readSync(descriptor, into, 0, into.length, position),
      close: () => fs.closeSync(descriptor),
    }
  },
  entries: directory =>
    fs
      .readdirSync(directory, { withFileTypes: true })
      .map(entry => ({ name: entry.name, isFile: entry.isFile(), isDirectory: entry.isDirectory() })),
  pathOf: url => process.getBuiltinModule('node:url').fileURLToPath(url),
}
