/** Runs the checker over a project and its references: once, or after every change. */
import { existsSync, watch as watchFolder } from 'node:fs'
import { dirname, relative } from 'node:path'
import { fixed, write } from './fix.ts'
import { Project, withReferences } from './project.ts'
import type { Diagnostic } from './report/diagnostic.ts'
import type { Sources } from './report/formats.ts'
import { isSource } from './syntax/parse.ts'

export { findConfig } from '@fearless/compiler/analysis'

export interface Options {
  readonly config: string
  /** The files to report; if empty, all files of the project. */
  readonly files: readonly string[]
  readonly fix: boolean
  readonly cache: boolean
}

export interface Outcome {
  readonly diagnostics: readonly Diagnostic[]
  readonly sources: Sources
  /** A summary line: the number of files and findings. */
  readonly looked: string
}

/** Limit of the rounds of fixes; no sequence of fixes needs more. */
const ROUNDS = 10

export function run(options: Options): Outcome {
  let count = 0
  for (let round = 0; ; round++) {
    const projects = withReferences(options.config).map(config => new Project(config))
    try {
      const results = projects.map(project => project.check(options.cache))
      const owner = new Map(projects.flatMap(project => project.files.map(file => [file, project] as const)))
      const ownerOf = (file: string): Project => owner.get(file) ?? projects[0]!
      const all = distinct(results.flatMap(({ diagnostics }) => diagnostics))
      const diagnostics = all.filter(({ file }) => options.files.length === 0 || options.files.includes(file))
      const fix = options.fix ? fixed(diagnostics, file => ownerOf(file).textOf(file)) : undefined
      if (fix !== undefined && fix.count > 0 && round < ROUNDS) {
        write(fix)
        count += fix.count
        continue
      }
      const looked = results.reduce((sum, result) => sum + result.looked, 0)
      const files = results.reduce((sum, result) => sum + result.files, 0)
      return {
        diagnostics,
        sources: { folder: dirname(options.config), linesOf: file => ownerOf(file).linesOf(file) },
        looked: `${options.fix ? `fixed ${count}; ` : ''}${summary(diagnostics, files, looked)}`,
      }
    } finally {
      for (const project of projects) project.close()
    }
  }
}

/** Removes duplicates, because two projects may have a file in common. */
function distinct(found: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>()
  return found.filter(({ code, file, at }) => {
    const key = `${code} ${file} ${at.start}`
    const fresh = !seen.has(key)
    seen.add(key)
    return fresh
  })
}

export type Report = (outcome: Outcome) => void

/** Checks now and after every change, until `signal` aborts. Returns the exit code of the last run. */
export async function watch(options: Options, report: Report, signal: AbortSignal): Promise<number> {
  const folder = dirname(options.config)
  let code = 0
  const again = (): void => {
    try {
      const outcome = run(options)
      code = exitCode(outcome.diagnostics)
      report(outcome)
    } catch (error) {
      // The configuration is incomplete. The next change completes it.
      process.stderr.write(`fearless: ${(error as Error).message}\n`)
      code = 2
    }
  }
  await new Promise<void>(done => {
    let pending: NodeJS.Timeout | undefined
    const watcher = watchFolder(folder, { recursive: true }, (_event, name) => {
      const path = name?.toString() ?? ''
      if (/(?:^|[\\/])(?:node_modules|\.git|dist)[\\/]/.test(path)) return
      if (!isSource(path) && !/(?:tsconfig[\w.-]*|package)\.json$/.test(path)) return
      // Editors write a file in several steps, which one run covers.
      clearTimeout(pending)
      pending = setTimeout(() => existsSync(options.config) && again(), 50)
    })
    const stop = (): void => {
      clearTimeout(pending)
      watcher.close()
      done()
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    again()
    process.stderr.write(`watching ${relative(process.cwd(), folder) || '.'}\n`)
  })
  return code
}

export const exitCode = (found: readonly Diagnostic[]): number =>
  found.some(({ severity }) => severity === 'error') ? 1 : 0

function summary(found: readonly Diagnostic[], files: number, looked: number): string {
  const errors = found.filter(({ severity }) => severity === 'error').length
  const warnings = found.length - errors
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
  const where = `${count(files, 'file')}, ${looked} of them with threads`
  if (found.length === 0) return `nothing refused in ${where}`
  const parts = [...(errors > 0 ? [count(errors, 'error')] : []), ...(warnings > 0 ? [count(warnings, 'warning')] : [])]
  return `${parts.join(', ')} in ${where}`
}
