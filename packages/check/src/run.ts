/** One run of the checker over a project and those it refers to. */
import { dirname } from 'node:path'
import { Project, withReferences } from './project.ts'
import type { Diagnostic } from './report/diagnostic.ts'
import type { Sources } from './report/formats.ts'

export { findConfig } from './project.ts'

export interface Options {
  readonly config: string
  /** Only these are reported; all of the project, if there are none. */
  readonly files: readonly string[]
  readonly fix: boolean
  readonly cache: boolean
}

export interface Outcome {
  readonly diagnostics: readonly Diagnostic[]
  readonly sources: Sources
  /** A line that says what was looked at and found. */
  readonly looked: string
}

export async function run(options: Options): Promise<Outcome> {
  const projects = withReferences(options.config).map(config => new Project(config))
  try {
    const results = projects.map(project => project.check())
    const all = results.flatMap(({ diagnostics }) => diagnostics)
    const diagnostics = all.filter(({ file }) => options.files.length === 0 || options.files.includes(file))
    const looked = results.reduce((sum, result) => sum + result.looked, 0)
    const files = results.reduce((sum, result) => sum + result.files, 0)
    const owner = new Map(projects.flatMap(project => project.files.map(file => [file, project])))
    return {
      diagnostics,
      sources: { folder: dirname(options.config), linesOf: file => (owner.get(file) ?? projects[0]).linesOf(file) },
      looked: summary(diagnostics, files, looked),
    }
  } finally {
    for (const project of projects) project.close()
  }
}

export type Report = (found: readonly Diagnostic[], sources: Sources, looked: string) => void

export async function watch(_options: Options, _report: Report): Promise<number> {
  return 0
}

function summary(found: readonly Diagnostic[], files: number, looked: number): string {
  const errors = found.filter(({ severity }) => severity === 'error').length
  const warnings = found.length - errors
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
  const where = `${count(files, 'file')}, ${looked} of them with threads`
  if (found.length === 0) return `nothing refused in ${where}`
  return `${[...(errors > 0 ? [count(errors, 'error')] : []), ...(warnings > 0 ? [count(warnings, 'warning')] : [])].join(', ')} in ${where}`
}
