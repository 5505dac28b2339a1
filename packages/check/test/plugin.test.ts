/** Tests the plugin inside of oxlint and ESLint. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { ESLint, type Linter } from 'eslint'
import { fileURLToPath } from 'node:url'
import { ScratchProject } from './scratch.ts'
import plugin, { SYNTACTIC } from '../src/plugin.ts'

const limit = { timeout: 60_000 }
const oxlint = fileURLToPath(new URL('../../../node_modules/oxlint/bin/oxlint', import.meta.url))
const built = fileURLToPath(new URL('../dist/plugin.js', import.meta.url))

interface Problem {
  message: string
  code: string
  labels: { span: { line: number; column: number } }[]
}

function lint(project: ScratchProject, ...options: string[]): Problem[] {
  const config = { jsPlugins: [built], categories: { correctness: 'off' }, rules: plugin.configs.recommended.rules }
  project.write('.oxlintrc.json', JSON.stringify(config))
  const args = [oxlint, '--format', 'json', '-c', '.oxlintrc.json', ...options, 'app.ts']
  const run = spawnSync(process.execPath, args, { cwd: project.path, encoding: 'utf8', timeout: 50_000 })
  assert.equal(run.stderr, '')
  return (JSON.parse(run.stdout) as { diagnostics: Problem[] }).diagnostics
}

test('oxlint reports the findings that need no types', limit, () => {
  using project = new ScratchProject({
    'app.ts': `import { thread } from 'fearless'
const RATE = 2
let level = 0
export function run(data: number[]): void {
  thread.spawn(() => data.length * RATE)
  thread.spawn(() => level)
  level++
}
export class Job {
  n = 1
  start(): void {
    thread.spawn(() => document.title + this.n)
  }
}
`,
  })
  assert.deepEqual(
    lint(project)
      .map(({ code, labels }) => `${labels[0]!.span.line} ${code}`)
      .sort(),
    ['12 fearless(F1007)', '12 fearless(F1009)', '5 fearless(F0373)', '6 fearless(F1006)'],
  )
})

test('oxlint adds the missing move', limit, () => {
  using project = new ScratchProject({
    'app.ts': `import { thread } from 'fearless'\nexport const run = (data: number[]) => thread.spawn(() => data.length)\n`,
  })
  lint(project, '--fix')
  assert.equal(
    project.read('app.ts'),
    `import { thread, move } from 'fearless'\nexport const run = (data: number[]) => thread.spawn(move(() => data.length))\n`,
  )
})

/** A parser for ESLint that accepts types. The plugin parses the text itself, so any parser will do. */
const anyParser: Linter.Parser = {
  parseForESLint: text => ({
    ast: {
      type: 'Program',
      sourceType: 'module',
      body: [],
      tokens: [],
      comments: [],
      range: [0, text.length],
      loc: { start: { line: 1, column: 0 }, end: { line: text.split('\n').length, column: 0 } },
    },
  }),
}

function eslint(fix = false): ESLint {
  return new ESLint({
    fix,
    overrideConfigFile: true,
    overrideConfig: [
      { files: ['**/*.ts'], languageOptions: { parser: anyParser } },
      { files: ['**/*.{js,ts}'], ...recommended },
    ],
  })
}
const recommended = plugin.configs.recommended as Linter.Config

const JAVASCRIPT = `import { thread } from 'fearless'
const RATE = 2
let level = 0
export function run(data) {
  thread.spawn(() => data.length * RATE)
  thread.spawn(() => level)
  level++
}
export class Job {
  n = 1
  start() {
    thread.spawn(() => document.title + this.n)
  }
}
`
const TYPESCRIPT = JAVASCRIPT.replace('(data)', '(data: number[]): void')

for (const [path, text] of [
  ['app.js', JAVASCRIPT],
  ['app.ts', TYPESCRIPT],
] as const) {
  test(`ESLint reports the same findings in ${path}`, limit, async () => {
    const [{ messages }] = await eslint().lintText(text, { filePath: path })
    assert.deepEqual(
      messages.map(({ line, column, ruleId, message }) => `${line}:${column} ${ruleId ?? message}`),
      ['5:16 fearless/F0373', '6:22 fearless/F1006', '12:24 fearless/F1009', '12:41 fearless/F1007'],
    )
    assert.match(messages[0]!.message, /^closure may outlive the current function, but it borrows `data`.*; to give/)
  })
}

test('ESLint adds the missing move', limit, async () => {
  const [{ output }] = await eslint(true).lintText(TYPESCRIPT, { filePath: 'app.ts' })
  assert.equal(
    output,
    TYPESCRIPT.replace('{ thread }', '{ thread, move }').replace(
      'thread.spawn(() => data.length * RATE)',
      'thread.spawn(move(() => data.length * RATE))',
    ),
  )
})

test('a file without the library is not parsed and has no finding', limit, () => {
  using project = new ScratchProject({
    'app.ts': `export const run = (data: number[]) => setTimeout(() => data.length)\n`,
  })
  assert.deepEqual(lint(project), [])
  assert.deepEqual(Object.keys(plugin.rules).sort(), [...SYNTACTIC].sort())
})
