/** The options and preloads of the process that threads inherit. The programs run in processes of their own. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { inheritCommandLine, withoutRefused } from './command-line.ts'

const limit = { timeout: 60_000 }
const root = join(import.meta.dirname, '../../../..')

const inherit = (...args: string[]): ReturnType<typeof inheritCommandLine> => inheritCommandLine(args, '/app')

test('options are inherited, and those of the process are not', () => {
  const { options, folder } = inherit('-C', 'x', '--inspect-brk=9', '--enable-source-maps', '-e', '1', '--test-only')
  assert.deepEqual(options, ['-C', 'x', '--enable-source-maps'])
  assert.equal(folder, pathToFileURL('/app/').href)
})

test('a preload is inherited, the one of this library is not, and a loader is kept apart', () => {
  const line =
    '--import=./setup.ts -r ./other.cjs --import @fearless/compiler/register --import tsx --loader ./mine.mjs ' +
    '--import file:///x/node_modules/tsx/dist/loader.mjs --require ts-node/register ' +
    '--import data:text/javascript,register("ts-node/esm",pathToFileURL("./")) --import ./my-tsx-setup.ts'
  const { options, loaders } = inherit(...line.split(' '))
  assert.deepEqual(options, ['--import', './setup.ts', '-r', './other.cjs', '--import', './my-tsx-setup.ts'])
  assert.deepEqual(
    loaders.map(([kind]) => kind),
    ['import', 'loader', 'import', 'require', 'import'],
  )
})

test('a preload of this library is recognised by its path, with the separators of Windows too', () => {
  for (const path of [
    'file:///c:/p/packages/compiler/dist/hosts/register.js',
    'C:\\p\\compiler\\src\\hosts\\register.ts',
  ])
    assert.deepEqual(inherit('--import', path).options, [])
})

test('an option that Node refuses for workers is removed with its value', () => {
  const error = Object.assign(new Error('Initiated Worker with invalid execArgv flags: --title, --expose-gc'), {
    code: 'ERR_WORKER_INVALID_EXEC_ARGV',
  })
  assert.deepEqual(withoutRefused(['--title', 'x', '-C', 'y', '--expose-gc'], error), ['-C', 'y'])
  assert.deepEqual(withoutRefused(['--unknown'], error), [])
  assert.equal(withoutRefused([], error), undefined)
  assert.equal(withoutRefused(['-C'], new Error('other')), undefined)
})

interface Program {
  readonly files: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Runs `app.ts` of a folder that exists during the test. Returns what it prints. */
function run({ files, args, env, input }: Program): string {
  const folder = mkdtempSync(join(tmpdir(), 'fearless-'))
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [...args, '--import', '@fearless/compiler/register', 'app.ts'],
      { cwd: folder, input, encoding: 'utf8', timeout: 30_000, env: { ...process.env, NODE_OPTIONS: '', ...env } },
    )
    assert.equal(status, 0, stderr)
    return stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const SPAWN = `import { move, thread } from 'fearless'\n`

test('a thread imports by the conditions of the process, among options that workers refuse', limit, () => {
  const out = run({
    args: ['--stack-trace-limit=30', '--conditions', 'special', '--expose-gc', '--no-warnings'],
    files: {
      'package.json':
        '{ "type": "module", "imports": { "#which": { "special": "./special.ts", "default": "./no.ts" } } }',
      'special.ts': `export const which = 'special'`,
      'no.ts': `export const which = 'default'`,
      'app.ts': `${SPAWN}import { which } from '#which'
console.log(await thread.spawn(move(() => which + process.execArgv.join())).join())`,
    },
  })
  assert.match(out, /^special.*--conditions,special/)
})

const HOOKS = `import { registerHooks } from 'node:module'
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'virtual:seven' ? { url: 'virtual:seven', shortCircuit: true } : next(specifier, context),
  load: (url, context, next) =>
    url === 'virtual:seven' ? { format: 'module', source: 'export default 7', shortCircuit: true } : next(url, context),
})
`

for (const [how, args, env] of [
  ['a preload', ['--import', './hooks.mjs'], {}],
  ['NODE_OPTIONS', [], { NODE_OPTIONS: '--import ./hooks.mjs' }],
] as const) {
  test(`hooks that ${how} installs hold in threads, also in nested ones`, limit, () => {
    const out = run({
      args,
      env,
      files: {
        'hooks.mjs': HOOKS,
        'seven.ts': `import { thread } from 'fearless'\n// @ts-ignore\nimport seven from 'virtual:seven'
export const nested = (): number => thread.spawn(() => seven).join().wait()`,
        'app.ts': `${SPAWN}import seven from 'virtual:seven'\nimport { nested } from './seven.ts'
console.log(await thread.spawn(move(() => [seven, nested()])).join())`,
      },
    })
    assert.equal(out, '[ 7, 7 ]\n')
  })
}

test('a global that a preload makes exists in threads', limit, () => {
  const out = run({
    args: ['--import', './setup.mjs'],
    files: {
      'setup.mjs': 'globalThis.answer = 42; Array.prototype.second = function () { return this[1] }',
      'app.ts': `${SPAWN}declare const answer: number
console.log(await thread.spawn(() => answer + [1, 2].second()).join())`,
    },
  })
  assert.equal(out, '44\n')
})

test('a loader of the command line holds for the files that a thread imports', limit, () => {
  const out = run({
    args: ['--no-warnings', '--loader', './loader.mjs'],
    files: {
      'loader.mjs': `export const resolve = (specifier, context, next) =>
  next(specifier.startsWith('~/') ? new URL(specifier.slice(2) + '.ts', 'file://' + process.cwd() + '/').href : specifier, context)`,
      'lib/seven.ts': 'export const seven: number = 7',
      'app.ts': `${SPAWN}import { seven } from '~/lib/seven'
console.log(await thread.spawn(move(async () => [seven, (await import('~/lib/seven')).seven])).join())`,
    },
  })
  assert.equal(out, '[ 7, 7 ]\n')
})

test('an enum and parameter properties work in files that do not mention the library', limit, () => {
  const out = run({
    args: [],
    files: {
      'lib.ts': `export enum Color { Red = 5 }
export class Point { constructor(public x: number, readonly y: number) {} }`,
      'app.ts': `${SPAWN}import { Color, Point } from './lib.ts'
console.log(Color.Red, new Point(1, 2).y, await thread.spawn(move(() => [Color[5], new Point(3, 4).x])).join())`,
    },
  })
  assert.equal(out, "5 2 [ 'Red', 3 ]\n")
})

test('a thread reads the standard input', limit, () => {
  const out = run({
    args: [],
    input: 'one\ntwo\n',
    files: {
      'app.ts': `${SPAWN}import { createInterface } from 'node:readline'
console.log(await thread.spawn(async () => {
  const lines = []
  for await (const line of createInterface({ input: process.stdin })) lines.push(line)
  return lines
}).join(), await thread.spawn(() => process.execArgv.includes('@fearless/compiler/register')).join())`,
    },
  })
  assert.equal(out, "[ 'one', 'two' ] true\n")
})

test('a thread imports TypeScript on a Node that does not remove types', limit, () => {
  const flag = Number(process.versions.node.split('.')[0]) < 24 ? '--no-experimental-strip-types' : '--no-strip-types'
  const out = run({
    args: [flag],
    files: {
      'lib.ts': `export const twice = (n: number): number => n * 2`,
      'app.ts': `${SPAWN}import { twice } from './lib.ts'\nconsole.log(await thread.spawn(move(() => twice(4))).join())`,
    },
  })
  assert.equal(out, '8\n')
})
