/** Files, read at once, by Node's module; Bun and Deno have the same one. */
import type { Stats } from 'node:fs'

const fs = process.getBuiltinModule('node:fs')

/** The files of the machine. What it refuses is thrown as the runtime's own error. */
export interface Files {
  stat(path: string): FileStat
  open(path: string): OpenFile
  /** What is in a directory, by name. */
  entries(directory: string): Entry[]
  /** The path of a `file:` url. */
  pathOf(url: URL): string
}

export interface FileStat {
  readonly isFile: boolean
  readonly size: number
  /** Differs for another file, and for the same one after a change. */
  readonly version: string
}

export interface OpenFile {
  stat(): FileStat
  /** Fills `into` with what is at `position`; how many bytes there were. */
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
