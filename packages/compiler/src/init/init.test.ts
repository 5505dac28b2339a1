/** Tests `fearless init` in projects with each tool: the edits, the printed lines, and that a second run changes nothing. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../../../../scripts/runtimes.ts'
import { ScratchFolder } from '../../../../scripts/scratch.ts'
import { parseJson, withElement, withMember } from './json-text.ts'
import { TOOLS } from './tools.ts'

const limit = { timeout: 30_000 }
const COMMAND = join(root, 'packages/fearless/bin/fearless.js')

function fearlessInit(folder: ScratchFolder, ...args: string[]): { status: number | null; out: string; err: string } {
  const run = spawnSync(process.execPath, [COMMAND, 'init', ...args], {
    cwd: folder.path,
    encoding: 'utf8',
    timeout: 25_000,
  })
  return { status: run.status, out: run.stdout, err: run.stderr }
}

const manifestOf = (devDependencies: Record<string, string>, more: object = {}): string =>
  `${JSON.stringify({ name: 'app', type: 'module', ...more, devDependencies }, null, 2)}\n`

test('a project gets dependencies, a script, types and a debugger, and a second run finds them present', limit, () => {
  using folder = new ScratchFolder({
    'package.json': manifestOf({ vite: '^8.0.0' }),
    'tsconfig.json': '{\n  // ours\n  "compilerOptions": {\n    "strict": true, // always\n  },\n}\n',
    'vite.config.ts': 'export default {}\n',
  })
  const first = fearlessInit(folder)
  assert.equal(first.status, 0, first.err)
  assert.match(first.out, /Add to vite\.config\.ts, for vite:\n {2}import fearless from '@fearless\/compiler\/vite'\n/)
  assert.match(first.out, /Then run `npm install`/)
  const { version } = JSON.parse(readFileSync(join(root, 'packages/compiler/package.json'), 'utf8')) as {
    version: string
  }
  assert.deepEqual(JSON.parse(folder.read('package.json')), {
    name: 'app',
    type: 'module',
    devDependencies: { vite: '^8.0.0', '@fearless/compiler': version, '@fearless/check': version },
    dependencies: { fearless: version },
    scripts: { check: 'fearless check' },
  })
  assert.equal(
    folder.read('tsconfig.json'),
    '{\n  // ours\n  "compilerOptions": {\n    "strict": true, // always\n' +
      '    "lib": ["es2022", "dom", "dom.iterable", "esnext.disposable"],\n    "target": "es2022",\n  },\n}\n',
  )
  assert.match(folder.read('.vscode/launch.json'), /"@fearless\/compiler\/register"/)
  folder.write(
    'vite.config.ts',
    `import fearless from '@fearless/compiler/vite'\nexport default { plugins: [fearless()] }\n`,
  )
  assert.equal(fearlessInit(folder).out, 'Everything is set up.\n')
})

test('--dry-run prints the changes and writes nothing', limit, () => {
  const manifest = manifestOf({})
  using folder = new ScratchFolder({ 'package.json': manifest, 'tsconfig.json': '{}\n' })
  assert.match(fearlessInit(folder, '--dry-run').out, /^Would change package\.json\n {2}\+ "dependencies": /)
  assert.equal(folder.read('package.json'), manifest)
  assert.equal(folder.read('tsconfig.json'), '{}\n')
  assert.ok(!existsSync(folder.at('.vscode')))
})

test('values that are present stay as they are', limit, () => {
  const scripts = { check: 'mine', start: 'node app.ts --port 80', dev: 'tsx watch src/app.ts' }
  using folder = new ScratchFolder({
    'package.json': manifestOf({}, { scripts, dependencies: { fearless: '^0.0.1' } }),
    'tsconfig.json': '{ "compilerOptions": { "target": "es2015", "lib": ["es2024"] } }\n',
    '.vscode/launch.json': '{\n  "configurations": [\n    { "name": "mine" } // mine\n  ]\n}\n',
  })
  const { out } = fearlessInit(folder)
  const written = JSON.parse(folder.read('package.json')) as Record<string, Record<string, string>>
  assert.deepEqual(written['scripts'], { ...scripts, 'check:threads': 'fearless check' })
  assert.equal(written['dependencies']['fearless'], '^0.0.1')
  assert.equal(
    folder.read('tsconfig.json'),
    '{ "compilerOptions": { "target": "es2015", "lib": ["es2024", "esnext.disposable"] } }\n',
  )
  assert.match(folder.read('.vscode/launch.json'), /\{ "name": "mine" \}, \/\/ mine\n {4}\{\n {6}"type": "node",/)
  assert.match(out, /"start": "fearless run app\.ts --port 80"/)
  assert.match(out, /"dev": "node --import tsx --import @fearless\/compiler\/register src\/app\.ts"/)
  assert.match(out, /"target": "es2022"/)
})

test('every tool is recognised by its package, and its lines are those of docs/where.md', limit, () => {
  const where = readFileSync(join(root, 'docs/where.md'), 'utf8')
  for (const { name, package: from } of TOOLS) {
    using folder = new ScratchFolder({ 'package.json': manifestOf({ [from]: '*', '@swc/jest': '*' }) })
    const { out } = fearlessInit(folder, '--dry-run')
    const at = out.indexOf(`, for ${name}:\n`)
    assert.notEqual(at, -1, `${name}: ${out}`)
    const lines = out.slice(at).split('\n').slice(1)
    for (const line of lines.slice(0, lines.indexOf('')).filter(each => !each.includes('// ')))
      assert.ok(where.includes(line.trim()), `${name}: ${line}`)
  }
})

test('Vitest shares the configuration of Vite', limit, () => {
  using folder = new ScratchFolder({
    'package.json': manifestOf({ vite: '*', vitest: '*' }),
    'vite.config.ts': 'export default {}\n',
  })
  assert.doesNotMatch(fearlessInit(folder, '--dry-run').out, /for vitest/)
})

test('--help, a wrong option, a missing and a broken package.json are answered', limit, () => {
  using folder = new ScratchFolder({ 'package.json': '{ "name": ' })
  assert.match(fearlessInit(folder, '--help').out, /^Usage: fearless init/)
  assert.match(fearlessInit(folder, '--force').err, /^fearless: There is no option --force\./)
  assert.match(fearlessInit(folder).err, /^fearless: package\.json is no JSON object\. Correct it/)
  using empty = new ScratchFolder({ 'inner/a.txt': '' })
  const run = spawnSync(process.execPath, [COMMAND, 'init'], {
    cwd: empty.at('inner'),
    encoding: 'utf8',
    timeout: 25_000,
  })
  assert.match(run.stderr, /^fearless: There is no package\.json in /)
  assert.equal(run.status, 2)
})

test('an insertion keeps comments, trailing commas, line ends and values', limit, () => {
  assert.equal(withMember('{}', ['a', 'b'], 1), '{\n  "a": {\n    "b": 1\n  }\n}')
  assert.equal(withMember('{ "a": 1 }\n', ['a'], 2), '{ "a": 1 }\n')
  assert.equal(withMember('{ "a": 1 }\n', ['a', 'b'], 2), '{ "a": 1 }\n')
  assert.equal(withMember('{\r\n\t"a": 1 // x\r\n}', ['b'], 2), '{\r\n\t"a": 1, // x\r\n\t"b": 2\r\n}')
  assert.equal(withMember('\uFEFF{\n  "a": 1, /* x */\n}', ['b'], 2), '\uFEFF{\n  "a": 1, /* x */\n  "b": 2,\n}')
  assert.equal(withMember('{\n  // none\n}', ['a'], 1), '{\n  "a": 1\n  // none\n}')
  assert.equal(withElement('{ "a": [] }', ['a'], 'b'), '{ "a": [\n  "b"\n] }')
  assert.equal(withElement('{ "a": 1 }', ['a'], 'b'), '{ "a": 1 }')
  assert.deepEqual(parseJson('{ "a": [1, -2, true, null, { "b": "c" }], }'), { a: [1, -2, true, null, { b: 'c' }] })
  assert.equal(parseJson('[1]'), undefined)
  assert.equal(parseJson('{} + {}'), undefined)
})
