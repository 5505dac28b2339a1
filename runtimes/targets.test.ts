/**
 * The targets: each folder here with a configuration builds the program of program/ with its tool, and the result runs
 * for real. docs/where.md shows the same files, word for word.
 *
 *   node --test runtimes/targets.test.ts     TARGETS=next,webpack chooses some, also those that take minutes
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { install, root, runtime } from '../scripts/runtimes.ts'

const BUILD_LIMIT_MS = 240_000
const RUN_LIMIT_MS = 60_000

interface Target {
  /** The arguments of Node that build the program; undefined if it is not built. */
  readonly build?: readonly string[]
  /** The command that runs the result. */
  readonly run: () => readonly string[]
  /** The location that the panic names. */
  readonly location?: string
  /** A line that a tool prints before the program. */
  readonly banner?: RegExp
  readonly prints?: string
  /** Takes minutes, so it only runs if TARGETS names it. */
  readonly isSlow?: boolean
}

const node = (file: string) => (): readonly string[] => [process.execPath, '--enable-source-maps', file]
const tool = (path: string): string => join(root, 'node_modules', path)

const TARGETS: Record<string, Target> = {
  esbuild: { build: ['build.mjs'], run: node('dist/app.js') },
  rolldown: { build: [tool('rolldown/bin/cli.mjs'), '-c'], run: node('dist/app.js') },
  rollup: { build: [tool('rollup/dist/bin/rollup'), '-c'], run: node('dist/app.js') },
  'vite-ssr': { build: [tool('vite/bin/vite.js'), 'build'], run: node('dist/app.js') },
  'vite-lib': { build: [tool('vite/bin/vite.js'), 'build'], run: node('app.mjs') },
  astro: {
    build: ['node_modules/astro/bin/astro.mjs', 'build'],
    run: node('serve.mjs'),
    banner: /^.*Server listening on .*\n/,
  },
  sveltekit: { build: ['node_modules/vite/bin/vite.js', 'build'], run: node('serve.mjs'), isSlow: true },
  webpack: { build: ['build.mjs'], run: node('dist/app.cjs') },
  rspack: { build: ['build.mjs'], run: node('dist/app.cjs') },
  tsup: { build: ['node_modules/tsup/dist/cli-default.js'], run: node('dist/app.js') },
  tsdown: { build: ['node_modules/tsdown/dist/run.mjs'], run: node('dist/app.mjs') },
  sea: { build: ['build.mjs'], run: () => ['dist/app'] },
  'bun-bundle': { build: ['build.mjs'], run: () => [runtime('bun').plain[0], 'dist/app.js'], location: 'undefined' },
  'deno-bundle': { build: ['build.mjs'], run: () => [...runtime('deno').plain, 'dist/app.js'] },
  commonjs: { run: node('program.cjs'), prints: 'spawn: 42\nparIter: [ 2, 4, 6 ]\n' },
  next: { build: ['node_modules/next/dist/bin/next', 'build', '--webpack'], run: node('serve.mjs'), isSlow: true },
}

const line = readFileSync(join(root, 'runtimes/program/program.ts'), 'utf8')
  .split('\n')
  .findIndex(text => text.includes('throw'))

const asked = process.env.TARGETS?.split(',')

for (const [name, target] of Object.entries(TARGETS)) {
  if (asked === undefined ? target.isSlow : !asked.includes(name)) continue
  test(name, { timeout: BUILD_LIMIT_MS + RUN_LIMIT_MS }, () => {
    const folder = join(root, 'runtimes', name)
    install(folder)
    if (target.build !== undefined) {
      rmSync(join(folder, 'dist'), { recursive: true, force: true })
      const built = run([process.execPath, ...target.build], folder, BUILD_LIMIT_MS)
      assert.equal(built.status, 0, built.stdout + built.stderr)
    }
    const { stdout, stderr } = run(target.run(), folder, RUN_LIMIT_MS)
    const location = target.location ?? `program.ts:${line + 1}`
    const printed = `captures: 4\npackage: 2\nnested: true\npanic: true ${location}\n`
    assert.equal(stdout.replace(target.banner ?? '', ''), target.prints ?? printed, stderr)
  })
}

function run([program, ...args]: readonly string[], cwd: string, timeout: number) {
  return spawnSync(program!, args, { cwd, timeout, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
}

test('each block of docs/where.md is the file that it names', () => {
  const text = readFileSync(join(root, 'docs/where.md'), 'utf8')
  const blocks = [...text.matchAll(/\n```js\n\/\/ (runtimes\/\S+)\n([\s\S]*?)```/g)]
  assert.ok(blocks.length >= 9, `${blocks.length} blocks`)
  for (const [, path, code] of blocks) assert.equal(code, readFileSync(join(root, path!), 'utf8'), path)
  for (const name of Object.keys(TARGETS)) assert.ok(text.includes(`runtimes/${name}`), `docs/where.md names ${name}`)
  for (const [, path] of text.matchAll(/\]\(\.\.\/(runtimes\/[\w./-]+)\)/g))
    assert.ok(existsSync(join(root, path!)), path)
})
