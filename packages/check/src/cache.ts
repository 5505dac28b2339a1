/**
 * The result cache: the diagnostics of a project's last check, valid while no input has changed.
 *
 * The key is a hash of the inputs that are at hand: the checker, the compiler, the configuration, the lock file, and
 * the text of every file of the project. The entry lists the other files that tsc read, such as declarations of
 * packages, with their modification times. Entries are in `node_modules/.cache`, as those of build tools are.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Result } from './report/diagnostic.ts'

const require = createRequire(import.meta.url)

export class Cache {
  readonly #path: string | undefined
  readonly #hash = createHash('sha256')
  #key: string | undefined

  constructor(config: string) {
    const modules = nearestModules(dirname(config))
    this.#path = modules && join(modules, '.cache/fearless', `check-${hashOf(config).slice(0, 16)}.json`)
    this.#add(versionOf('../package.json'), versionOf('typescript/package.json'), versionOf('fearless/package.json'))
    // The modification time of this file distinguishes builds of one version.
    this.#add(String(statSync(fileURLToPath(import.meta.url)).mtimeMs))
    for (const path of [
      config,
      join(dirname(config), 'package.json'),
      ...(modules ? [join(modules, '.package-lock.json')] : []),
    ])
      this.#add(path, existsSync(path) ? readFileSync(path, 'utf8') : '')
  }

  /** Adds a file to the key. Must be called for every file of the project, in order. */
  file(path: string, text: string): void {
    this.#add(path, text)
  }

  read(): Result | undefined {
    this.#key ??= this.#hash.digest('hex')
    if (this.#path === undefined) return undefined
    try {
      const entry = JSON.parse(readFileSync(this.#path, 'utf8')) as Entry
      if (entry.key !== this.#key || entry.others.some(([path, time]) => timeOf(path) !== time)) return undefined
      return entry.result
    } catch {
      // The entry is missing or was not written completely, so the project is checked again.
      return undefined
    }
  }

  /** Writes the entry. `others` are the files outside the project that tsc read. */
  write(result: Result, others: readonly string[]): void {
    if (this.#path === undefined || this.#key === undefined) return
    const entry: Entry = { key: this.#key, others: others.map(path => [path, timeOf(path)]), result }
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      writeFileSync(this.#path, JSON.stringify(entry))
    } catch {
      // Without a cache the result is the same, and takes longer.
    }
  }

  #add(...parts: readonly string[]): void {
    for (const part of parts) this.#hash.update(`${part.length}:${part}`)
  }
}

interface Entry {
  readonly key: string
  readonly others: readonly (readonly [path: string, time: number])[]
  readonly result: Result
}

const timeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

function versionOf(manifest: string): string {
  try {
    const path = require.resolve(manifest)
    return `${path} ${readFileSync(path, 'utf8')}`
  } catch {
    return manifest
  }
}

function nearestModules(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules')
    if (existsSync(path)) return path
    if (dirname(folder) === folder) return undefined
  }
}
