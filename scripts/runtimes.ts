/**
 * The runtimes that lessons and tests run on: the Node of this workspace, and those under runtimes/, which are
 * installed on first use.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')

export interface Runtime {
  readonly name: string
  /** The program and the arguments before a file whose closures may cross threads. */
  readonly command: Command
  /** The program and arguments without the compiler. */
  readonly plain: Command
}

type Command = readonly [program: string, ...args: string[]]

interface Start {
  /** The path of the program, relative to the folder in which it is installed. */
  readonly program: string
  readonly run: readonly string[]
  /** The arguments that load the compiler. */
  readonly preload: readonly string[]
}

const node: Start = { program: 'node_modules/.bin/node', run: [], preload: ['--import', '@fearless/compiler/register'] }

/** How each runtime is installed and started. */
const RUNTIMES: Record<string, Start> = {
  'node-22': node,
  'node-24': node,
  'node-26': { ...node, program: process.execPath },
  bun: { program: 'node_modules/.bin/bun', run: [], preload: ['--preload', '@fearless/compiler/bun'] },
  deno: {
    program: 'node_modules/.bin/deno',
    run: ['run', '--allow-all', '--quiet', '--node-modules-dir=manual'],
    preload: ['--preload', join(root, 'packages/compiler/dist/hosts/deno.js')],
  },
}

export const runtimeNames: readonly string[] = Object.keys(RUNTIMES)

export function runtime(name: string): Runtime {
  const start = RUNTIMES[name]
  if (start === undefined) throw new Error(`Unknown runtime "${name}". Runtimes are ${runtimeNames.join(', ')}.`)
  const folder = join(root, 'runtimes', name)
  install(folder)
  const program = resolve(folder, start.program)
  return { name, command: [program, ...start.run, ...start.preload], plain: [program, ...start.run] }
}

/** Installs the packages of a folder under runtimes/ if it names some that are not installed yet. */
export function install(folder: string): void {
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest) || existsSync(join(folder, 'node_modules/.bin'))) return
  if (!/"(?:devD|d)ependencies"/.test(readFileSync(manifest, 'utf8'))) return
  process.stderr.write(`installing ${basename(folder)} ...\n`)
  // Some packages have optional dependencies that a lock file does not keep.
  const locked = existsSync(join(folder, 'package-lock.json'))
  execFileSync('npm', [...(locked ? ['ci'] : ['install', '--no-package-lock']), '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
