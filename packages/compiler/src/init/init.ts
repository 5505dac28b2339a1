/**
 * `fearless init`: sets up an existing project.
 *
 * It inserts members into package.json, tsconfig.json and .vscode/launch.json where they are absent, changes no value,
 * and prints the lines for configurations that are code. A second run finds everything present.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConfigError } from '../config.ts'
import { parseJson, withElement, withMember, type Json } from './json-text.ts'
import { startsOf, toolsOf, type Project } from './tools.ts'

const HELP = `Usage: fearless init [--dry-run]

Sets up the project in this folder: dependencies and scripts in package.json, the library's types in tsconfig.json, and
a configuration for VS Code's debugger. Prints the lines to add to the configurations of bundlers and test runners.
Keeps every value that is there, and may be run again.

  --dry-run  prints the changes, and writes no file
`

/** The configuration for VS Code's debugger, as in docs/where.md. */
const LAUNCH = {
  type: 'node',
  request: 'launch',
  name: 'fearless',
  program: '${file}',
  runtimeArgs: ['--import', '@fearless/compiler/register'],
}
/** The library of TypeScript that declares `Disposable`. */
const DISPOSABLE = 'esnext.disposable'
/** Targets without the classes that the library's types use. */
const OLD_TARGET = /^es(?:3|5|6|201\d|202[01])$/i

/** A file of the project, with the lines that say which parts are new. */
interface Edit {
  readonly file: string
  readonly text: string
  readonly added: readonly string[]
}

interface Plan {
  readonly edits: readonly Edit[]
  /** The parts that the user must add. */
  readonly advice: readonly string[]
}

/** Runs the command with the arguments after `fearless init`. Returns the exit code. */
export function init(args: readonly string[]): number {
  const unknown = args.find(arg => !['--help', '-h', '--dry-run'].includes(arg))
  if (unknown !== undefined) return fail(`There is no option ${unknown}. Choose one of these.\n\n${HELP}`)
  if (args.some(arg => arg === '--help' || arg === '-h')) {
    process.stdout.write(HELP)
    return 0
  }
  const folder = process.cwd()
  if (!existsSync(join(folder, 'package.json')))
    return fail(`There is no package.json in ${folder}. Create one with \`npm init\`, and run the command again.`)
  let plan: Plan
  try {
    plan = planFor(folder)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return fail(error.message)
  }
  const isDry = args.includes('--dry-run')
  for (const { file, text, added } of plan.edits) {
    if (!isDry) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    process.stdout.write(
      `${isDry ? 'Would change' : 'Changed'} ${file}\n${added.map(line => `  + ${line}\n`).join('')}`,
    )
  }
  for (const each of plan.advice) process.stdout.write(`\n${each}\n`)
  if (plan.edits.length === 0 && plan.advice.length === 0) process.stdout.write('Everything is set up.\n')
  else if (plan.edits.some(({ file }) => file === 'package.json'))
    process.stdout.write(`\nThen run \`${installerOf(folder)} install\`.\n`)
  return 0
}

function planFor(folder: string): Plan {
  const names = readdirSync(folder)
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const manifest = objectOf(jsonOf('package.json', read('package.json')))
  const project: Project = {
    packages: new Set(
      ['dependencies', 'devDependencies', 'peerDependencies'].flatMap(kind => Object.keys(objectOf(manifest[kind]))),
    ),
    scripts: objectOf(manifest['scripts']) as Record<string, string>,
    find: pattern => names.find(name => pattern.test(name)),
  }
  const edits: Edit[] = []
  const advice: string[] = []
  const add = (edit: Edit): unknown => edit.added.length > 0 && edits.push(edit)

  add(manifestEdit(project, read('package.json')))
  if (names.includes('tsconfig.json')) {
    const { edit, change } = typesEdit(read('tsconfig.json'))
    add(edit)
    advice.push(...change)
  }
  const launch = '.vscode/launch.json'
  add(launchEdit(launch, existsSync(join(folder, launch)) ? read(launch) : undefined))

  for (const { name, from, to } of startsOf(project)) {
    advice.push(
      `Change in package.json, if the program uses threads:\n  "${name}": ${JSON.stringify(from)}\n  "${name}": ${JSON.stringify(to)}`,
    )
  }
  for (const tool of toolsOf(project)) {
    const file = project.find(tool.config)
    if (file !== undefined && read(file).includes('@fearless/compiler')) continue
    const lines = tool.lines(project).map(line => `  ${line}\n`)
    advice.push(`Add to ${file ?? `${tool.file} (a new file)`}, for ${tool.name}:\n${lines.join('')}`.trimEnd())
  }
  const eslint = project.find(/^eslint\.config\.[cm]?[jt]s$/)
  if (eslint !== undefined && !read(eslint).includes('@fearless/check'))
    advice.push(`Add to ${eslint}:\n  import fearless from '@fearless/check/plugin'\n  fearless.configs.recommended,`)
  return { edits, advice }
}

/** Adds the packages, and a script that checks. All packages have the version of this one. */
function manifestEdit({ packages, scripts }: Project, before: string): Edit {
  const { version } = JSON.parse(readFileSync(manifestOfCompiler(), 'utf8')) as { version: string }
  const added: string[] = []
  let text = before
  const insert = (group: string, name: string, value: string): void => {
    text = withMember(text, [group, name], value)
    added.push(`"${group}": { "${name}": ${JSON.stringify(value)} }`)
  }
  if (!packages.has('fearless')) insert('dependencies', 'fearless', version)
  for (const name of ['@fearless/compiler', '@fearless/check'])
    if (!packages.has(name)) insert('devDependencies', name, version)
  if (!Object.values(scripts).some(script => script.includes('fearless check')))
    insert('scripts', 'check' in scripts ? 'check:threads' : 'check', 'fearless check')
  return { file: 'package.json', text, added }
}

/** This module is in `dist/shared` or in `src/init`. */
const manifestOfCompiler = (): URL => new URL('../../package.json', import.meta.url)

/** Adds the types of `using`. A target or an inherited configuration is the user's to change. */
function typesEdit(text: string): { readonly edit: Edit; readonly change: readonly string[] } {
  const file = 'tsconfig.json'
  const config = objectOf(jsonOf(file, text))
  const options = objectOf(config['compilerOptions'])
  const { target, lib } = options
  const none: Edit = { file, text, added: [] }
  const change =
    typeof target === 'string' && OLD_TARGET.test(target)
      ? [
          `Change in ${file}, because the library's types need it:\n  "target": ${JSON.stringify(target)}\n  "target": "es2022"`,
        ]
      : []
  if (Array.isArray(lib)) {
    if (lib.some(each => /^esnext(?:\.disposable)?$/i.test(String(each)))) return { edit: none, change }
    const added = [`"lib": [..., "${DISPOSABLE}"]`]
    return { edit: { file, text: withElement(text, ['compilerOptions', 'lib'], DISPOSABLE), added }, change }
  }
  if (typeof target === 'string' && /^esnext$/i.test(target)) return { edit: none, change }
  if (['extends', 'files', 'references'].some(key => config[key] !== undefined)) {
    const line = `Add to the configuration that ${file} extends or refers to, for \`using\`:\n  "lib": [..., "${DISPOSABLE}"]`
    return { edit: none, change: [...change, line] }
  }
  const level = typeof target === 'string' && !OLD_TARGET.test(target) ? target.toLowerCase() : 'es2022'
  const libraries = [level, 'dom', 'dom.iterable', DISPOSABLE]
  const added = [`"lib": ${JSON.stringify(libraries)}`]
  let after = withMember(text, ['compilerOptions', 'lib'], libraries)
  if (target === undefined) {
    after = withMember(after, ['compilerOptions', 'target'], 'es2022')
    added.push('"target": "es2022"')
  }
  return { edit: { file, text: after, added }, change }
}

function launchEdit(file: string, before: string | undefined): Edit {
  const added = [`a configuration "${LAUNCH.name}" for the debugger, which runs the open file`]
  if (before === undefined) {
    const text = `${JSON.stringify({ version: '0.2.0', configurations: [LAUNCH] }, null, 2)}\n`
    return { file, text, added }
  }
  const configurations = objectOf(jsonOf(file, before))['configurations']
  const present = Array.isArray(configurations) && configurations.some(each => objectOf(each)['name'] === LAUNCH.name)
  if (present) return { file, text: before, added: [] }
  const path = ['configurations']
  const text = Array.isArray(configurations) ? withElement(before, path, LAUNCH) : withMember(before, path, [LAUNCH])
  return { file, text, added: text === before ? [] : added }
}

function jsonOf(file: string, text: string): Json {
  const value = parseJson(text)
  if (value === undefined) throw new ConfigError(`${file} is no JSON object. Correct it, and run the command again.`)
  return value
}

function objectOf(value: Json | undefined): { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { [key: string]: Json }) : {}
}

function installerOf(folder: string): string {
  const has = (file: string): boolean => existsSync(join(folder, file))
  return has('pnpm-lock.yaml')
    ? 'pnpm'
    : has('yarn.lock')
      ? 'yarn'
      : has('bun.lock') || has('bun.lockb')
        ? 'bun'
        : 'npm'
}

function fail(text: string): number {
  process.stderr.write(`fearless: ${text}\n`)
  return 2
}
