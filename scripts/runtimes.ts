/**
 * The runtimes that lessons and tests run on: the one of this workspace, and those under runtimes/, each installed when
 * it is first asked for.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')

export interface Runtime {
  readonly name: string
  /** The program and the arguments in front of a file whose closures may cross threads. */
  readonly command: readonly [string, ...string[]]
}

const register = ['--import', '@fearless/compiler/register']

/** How each runtime is started. `folder` is where it is installed. */
const RUNTIMES: Record<string, (folder: string) => [string, ...string[]]> = {
  'node-22': folder => [join(folder, 'node_modules/.bin/node'), ...register],
  'node-24': folder => [join(folder, 'node_modules/.bin/node'), ...register],
  'node-26': () => [process.execPath, ...register],
  bun: folder => [join(folder, 'node_modules/.bin/bun'), '--preload', '@fearless/compiler/bun'],
  deno: folder => [
    join(folder, 'node_modules/.bin/deno'),
    'run',
    '--allow-all',
    '--quiet',
    '--node-modules-dir=manual',
    '--preload',
    join(root, 'packages/compiler/dist/deno.js'),
  ],
}

export const runtimeNames: readonly string[] = Object.keys(RUNTIMES)

export function runtime(name: string): Runtime {
  const command = RUNTIMES[name]
  if (command === undefined) throw new Error(`There is no runtime "${name}". There are: ${runtimeNames.join(', ')}.`)
  const folder = join(root, 'runtimes', name)
  if (existsSync(join(folder, 'package.json')) && !existsSync(join(folder, 'node_modules/.bin'))) {
    process.stderr.write(`installing ${name} ...\n`)
    // Deno's packages name optional ones that no lock file keeps.
    const locked = existsSync(join(folder, 'package-lock.json'))
    execFileSync('npm', [...(locked ? ['ci'] : ['install', '--no-package-lock']), '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  return { name, command: command(folder) }
}
