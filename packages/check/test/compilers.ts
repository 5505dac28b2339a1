/**
 * The three compilers the types are held against, run the way a user runs them: their own `tsc`, as a process.
 *
 * Language services are for hovers only; what a user reads when a program is refused is what `tsc` prints.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

export const VERSIONS = ['5.9', '6.0', '7.0'] as const
export type Version = (typeof VERSIONS)[number]

export const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url))

const require = createRequire(import.meta.url)
const packages: Record<Version, string> = { '5.9': 'typescript-5.9', '6.0': 'typescript-6.0', '7.0': 'typescript' }

/** The folder of a compiler's package. */
export function packageOf(version: Version): string {
  return require.resolve(`${packages[version]}/package.json`).slice(0, -'package.json'.length)
}

/** Runs `tsc` on the project in `folder` and returns what it prints. A crash is an error, a refusal is not. */
export function tsc(version: Version, folder: string, ...options: string[]): string {
  const command = [`${packageOf(version)}bin/tsc`, '-p', '.', '--pretty', 'false', ...options]
  const run = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8', timeout: 120_000 })
  if (run.error) throw run.error
  if (run.stderr || run.status === null) throw new Error(`tsc ${version} failed: ${run.stderr}`)
  return run.stdout
}

/** One error: where it is, and all its lines as they are printed, without the place and the code. */
export interface Refusal {
  file: string
  line: number
  text: string
}

const FIRST_LINE = /^(.+?)\((\d+),\d+\): error TS\d+: (.*)$/

/** Reads what `tsc --pretty false` prints: a line with place and code, then indented lines that belong to it. */
export function refusals(output: string): Refusal[] {
  const all: Refusal[] = []
  for (const line of output.split(/\r?\n/)) {
    const start = FIRST_LINE.exec(line)
    if (start) all.push({ file: start[1]!, line: Number(start[2]), text: start[3]! })
    else if (line.startsWith(' ') && all.length) all[all.length - 1]!.text += `\n${line}`
    else if (line) throw new Error(`unexpected output of tsc: ${line}`)
  }
  return all
}
