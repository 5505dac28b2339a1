/**
 * What was found the last time, for a project in which nothing has changed since.
 *
 * The key is what the answer depends on and is at hand: the checker, the compiler, the configuration, the lock file, and
 * the text of every file of the project. What else the compiler had read, declarations of other packages above all, is
 * kept with the answer, with the times of its last changes. `node_modules/.cache` is where build tools keep such things.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Result } from './project.ts'

const require = createRequire(import.meta.url)

export class Cache {
  readonly #path: string | undefined
  readonly #hash = createHash('sha256')
  #key: string | undefined

  constructor(config: string) {
    const modules = nearestModules(dirname(config))
    this.#path = modules && join(modules, '.cache/fearless', `check-${hashOf(config).slice(0, 16)}.json`)
    this.#add(versionOf('../package.json'), versionOf('typescript/package.json'), versionOf('fearless/package.json'))
    // The checker's own files tell one build of a version from another.
    this.#add(String(statSync(fileURLToPath(import.meta.url)).mtimeMs))
    for (const path of [
      config,
      join(dirname(config), 'package.json'),
      ...(modules ? [join(modules, '.package-lock.json')] : []),
    ])
      this.#add(path, existsSync(path) ? readFileSync(path, 'utf8') : '')
  }

  /** Every file of the project, in order. */
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
      // None yet, or one that was not written to its end: the answer is found again.
      return undefined
    }
  }

  /** `others` are the files that the compiler read besides the project's own. */
  write(result: Result, others: readonly string[]): void {
    if (this.#path === undefined || this.#key === undefined) return
    const entry: Entry = { key: this.#key, others: others.map(path => [path, timeOf(path)]), result }
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      writeFileSync(this.#path, JSON.stringify(entry))
    } catch {
      // A folder that cannot be written to costs time, not answers.
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
