import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ScratchFolder } from '../../../../scripts/scratch.ts'

const options = { timeout: 60_000 }
const register = new URL('./register.ts', import.meta.url).href
const standIn = fileURLToPath(new URL('../../test/fixtures/stand-in', import.meta.url))

interface Run {
  stdout: string
  stderr: string
  status: number | null
}

/** Runs files of a folder that exists during the test. */
function inFolder(
  files: Record<string, string>,
  body: (run: (args: string[], env?: Record<string, string>) => Run, folder: string) => void,
): void {
  using scratch = new ScratchFolder(files)
  scratch.link('fearless', standIn)
  body(
    (args, env) =>
      spawnSync(process.execPath, args, {
        cwd: scratch.path,
        encoding: 'utf8',
        timeout: 30_000,
        env: { ...process.env, NODE_OPTIONS: '', ...env },
      }),
    scratch.path,
  )
}

const APP = `#!/usr/bin/env node
import { thread, move } from 'fearless'
import { twice } from './lib.ts'
enum Color { Red = 7 }
const salt: number = Number(process.argv[2])
console.log(await thread.spawn(move((): number => twice(Color.Red) + salt)).join())
console.log(typeof (globalThis as any)[Symbol.for('fearless.compiler')], (globalThis as any)[Symbol.for('fearless.texts')].size)
await thread.spawn(() => { throw new Error('no') }).join().catch((e: Error) => console.log(e.stack!.includes('app.ts?fl=1:8:34')))
`
const LIB = `export const twice = (n: number): number => n * 2`
const EXPECTED = '19\nstring 3\ntrue\n'

test('a TypeScript program runs', options, () =>
  inFolder({ 'app.ts': APP, 'lib.ts': LIB }, run => {
    const { stdout, stderr, status } = run(['--import', register, 'app.ts', '5'])
    assert.deepEqual({ stdout, stderr, status }, { stdout: EXPECTED, stderr: '', status: 0 })
  }),
)

test('a second registration through NODE_OPTIONS has no effect', options, () =>
  inFolder({ 'app.ts': APP, 'lib.ts': LIB }, run => {
    const { stdout, stderr } = run(['--import', register, 'app.ts', '5'], { NODE_OPTIONS: `--import ${register}` })
    assert.equal(stdout, EXPECTED, stderr)
  }),
)

test('a program in a package without "type" runs', options, () =>
  inFolder({ 'package.json': '{}', 'app.ts': APP, 'lib.ts': LIB }, run => {
    const { stdout, stderr } = run(['--import', register, 'app.ts', '5'])
    assert.equal(stdout, EXPECTED, stderr)
  }),
)

test('a program runs on a Node that does not remove types', options, () =>
  inFolder(
    {
      'app.ts': APP.replace(
        `import { twice } from './lib.ts'`,
        `import { twice as main } from './lib.ts'\nconst twice = (n: number): number => n * 2; main(1)`,
      ).replace('enum Color { Red = 7 }\n', 'enum Color { Red = 7 } '),
      'lib.ts': LIB,
    },
    run => {
      // The register hook itself must then be JavaScript.
      const flag =
        Number(process.versions.node.split('.')[0]) < 24 ? '--no-experimental-strip-types' : '--no-strip-types'
      const { stdout, stderr } = run([
        flag,
        '--import',
        register.replace('/src/hosts/register.ts', '/dist/hosts/register.js'),
        'app.ts',
        '5',
      ])
      assert.equal(stdout, EXPECTED, stderr)
    },
  ),
)

test('JavaScript modules, CommonJS and files without closures run', options, () =>
  inFolder(
    {
      'app.js': `import { thread } from 'fearless'\nimport './old.cjs'\nimport './plain.ts'\nconsole.log(await thread.spawn(() => 2).join())`,
      'old.cjs': `const fearless = 'fearless'\nconsole.log(fearless, typeof require)`,
      'plain.ts': `const x: number = 1\nconsole.log(x)`,
    },
    run => {
      const { stdout, stderr } = run(['--import', register, 'app.js'])
      assert.equal(stdout, 'fearless function\n1\n2\n', stderr)
    },
  ),
)

test('the parser is not loaded for a program that does not use the library', options, () =>
  inFolder(
    {
      'app.ts': `const name: string = 'oxc-parser'
const report = process.report.getReport() as unknown as { sharedObjects: string[] }
console.log(report.sharedObjects.some(file => file.includes(name)))`,
    },
    run => {
      const { stdout, stderr } = run(['--import', register, 'app.ts'])
      assert.equal(stdout, 'false\n', stderr)
    },
  ),
)

test('a refusal is the whole error', options, () =>
  inFolder(
    {
      'app.ts': `import { thread } from 'fearless'\nfunction f(data: number[]) {\n  thread.spawn(() => data.length)\n}\nf([])`,
    },
    (run, folder) => {
      const { stderr, status } = run(['--import', register, 'app.ts'])
      assert.equal(status, 1)
      assert.match(stderr, /error\[F0373\]: closure may outlive the current function, but it borrows `data`/)
      assert.match(stderr, new RegExp(`--> .*${folder.split(/[\\/]/).at(-1)}[\\\\/]app\\.ts:3:16`))
      assert.doesNotMatch(stderr, /at .*transform/)
    },
  ),
)

test('a closure that imports the entry of the program is refused', options, () =>
  inFolder(
    {
      'app.ts': `import { go } from './go.ts'\nexport const limit = () => 1\nawait go()`,
      'go.ts': `import { thread } from 'fearless'\nimport { limit } from './app.ts'\nexport const go = () => thread.spawn(() => limit()).join()`,
    },
    run => {
      const { stderr } = run(['--import', register, 'app.ts'])
      assert.match(stderr, /error\[FL2001\][^]*go\.ts:2:23/)
    },
  ),
)

test('a syntax error is reported by Node', options, () =>
  inFolder(
    {
      'app.js': `import { thread } from 'fearless'\nthread.spawn(() => {)`,
    },
    run => {
      assert.match(run(['--import', register, 'app.js']).stderr, /SyntaxError: Unexpected token '\)'/)
    },
  ),
)
