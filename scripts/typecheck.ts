/** Type-checks the files outside of the packages' builds: tests, lessons, examples, scripts, bench. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './runtimes.ts'

const tsc = join(root, 'node_modules/typescript/bin/tsc')
const projects = ['tsconfig.json']
// The types of the rivals are installed with the benchmarks.
if (existsSync(join(root, 'bench/node_modules'))) projects.push('bench/tsconfig.json')
// The driver of browsers is installed with its tests.
if (existsSync(join(root, 'runtimes/browsers/node_modules'))) projects.push('runtimes/browsers/tsconfig.json')

for (const project of projects) {
  const { status } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', project], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
