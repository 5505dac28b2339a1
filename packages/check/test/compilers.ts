/**
 * The three versions of TypeScript that the types are tested with, run as a user runs them: their own `tsc`, as a
 * process.
 *
 * Language services are used for hovers only, because a user reads a refusal in the output of `tsc`.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

export const VERSIONS = ['5.9', '6.0', '7.0'] as const
export type Version = (typeof VERSIONS)[number]

export const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url))

const require = createRequire(import.meta.url)
const packages: Record<Version, string> = { '5.9': 'typescript-5.9', '6.0': 'typescript-6.0', '7.0': 'typescript' }

/** Returns the folder of a compiler's package. */
export function packageOf(version: Version): string {
  return require.resolve(`${packages[version]}/package.json`).slice(0, -'package.json'.length)
}

/** Runs `tsc` on the project in `folder`. Returns its output. Throws if `tsc` crashed; a refusal is no crash. */
export function tsc(version: Version, folder: string, ...options: string[]): string {
  const command = [`${packageOf(version)}bin/tsc`, '-p', '.', '--pretty', 'false', ...options]
  const run = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8', timeout: 120_000 })
  if (run.error) throw run.error
  if (run.stderr || run.status === null) throw new Error(`tsc ${version} failed: ${run.stderr}`)
  return run.stdout
}

/** One error: its location, and its printed lines without location and code. */
export interface Refusal {
  file: string
  line: number
  text: string
}

const FIRST_LINE = /^(.+?)\((\d+),\d+\): error TS\d+: (.*)$/

/** Parses the output of `tsc --pretty false`: lines with location and code, each followed by its indented lines. */
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
