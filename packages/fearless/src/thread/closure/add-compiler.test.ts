/** Tests that a closure which no compiler has read is refused with the line that adds the compiler. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { ScratchFolder } from '../../../../../scripts/scratch.ts'

const limit = { timeout: 30_000 }
const BODY = `const data = [1]
const print = error => console.log(error.code + ' ' + error.message)
const main = async () => { await thread.spawn(MARK(() => data.length)).join() }
main().catch(print)
`
const module = (mark: string): string =>
  `import { closure, move, thread } from 'fearless'\n${BODY.replace('MARK', mark)}`
const commonJs = (mark: string): string =>
  `const { closure, move, thread } = require('fearless')\n${BODY.replace('MARK', mark)}`
const REGISTER = ['--import', '@fearless/compiler/register']

interface Case {
  readonly name: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly compiler?: false
  readonly says: RegExp
}

const CASES: readonly Case[] = [
  { name: 'a module', args: ['app.mjs'], says: /captures\. Run `npx fearless run app\.mjs`\.$/ },
  {
    name: 'a module where the compiler is not installed',
    args: ['app.mjs'],
    compiler: false,
    says: /captures\. Run `npm install @fearless\/compiler && npx fearless run app\.mjs`\.$/,
  },
  {
    name: 'a text',
    args: ['text.mjs'],
    says: /data is not defined in its thread\. Run `npx fearless run text\.mjs`\.$/,
  },
  { name: 'CommonJS', args: ['app.cjs'], says: /captures\. Make the file an ES module/ },
  {
    name: 'CommonJS under the compiler',
    args: [...REGISTER, 'app.cjs'],
    says: /did not read .* Make the file an ES mod/,
  },
  {
    name: 'unmarked CommonJS under the compiler',
    args: [...REGISTER, 'text.cjs'],
    says: /did not read .* Make the file an ES module/,
  },
  { name: '`node -e`', args: ['-e', commonJs('move')], says: /captures\. Write the program to a file/ },
  {
    name: '`node -e` under the compiler',
    args: [...REGISTER, '-e', commonJs('closure')],
    says: /did not read .* Write the program to a file/,
  },
  {
    name: 'a dynamic import under the compiler',
    args: [...REGISTER, 'dynamic.mjs'],
    says: /did not read .* Import the functions in that file by/,
  },
  { name: 'Vitest', args: ['--import', './vitest.mjs', 'app.mjs'], says: /compiler\/vite` to vitest\.config\.$/ },
  {
    name: 'Jest',
    args: ['jest-worker.mjs'],
    env: { JEST_WORKER_ID: '1' },
    says: /compiler\/jest'.* in jest\.config\.$/,
  },
  { name: 'Next.js', args: ['app.mjs'], env: { NEXT_RUNTIME: 'nodejs' }, says: /next build --webpack`\.$/ },
  { name: 'webpack', args: ['--import', './webpack.mjs', 'app.mjs'], says: /compiler\/webpack` or `\/rspack`/ },
]

for (const { name, args, env, compiler, says } of CASES) {
  test(`a closure in ${name} is refused with the line that adds the compiler`, limit, () => {
    using scratch = new ScratchFolder({
      'app.mjs': module('move'),
      'jest-worker.mjs': module('move'),
      'text.mjs': module(''),
      'app.cjs': commonJs('move'),
      'text.cjs': commonJs(''),
      'dynamic.mjs': `const { closure, thread } = await import('fearless')\n${BODY.replace('MARK', 'closure')}`,
      'vitest.mjs': 'globalThis.__vitest_worker__ = {}\n',
      'webpack.mjs': 'globalThis.__webpack_require__ = () => {}\n',
    })
    if (compiler === false) rmSync(scratch.at('node_modules/@fearless/compiler'))
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...inherited } = process.env
    const run = spawnSync(process.execPath, args, {
      cwd: scratch.path,
      encoding: 'utf8',
      env: { ...inherited, ...env },
      timeout: 25_000,
    })
    assert.match(run.stdout.trim(), /^FL2003 /, run.stderr)
    assert.match(run.stdout.trim(), says)
  })
}
