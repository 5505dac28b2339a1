/** The plugin in oxlint itself. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Scratch } from './scratch.ts'
import plugin, { SYNTACTIC } from './plugin.ts'

const limit = { timeout: 60_000 }
const oxlint = fileURLToPath(new URL('../../../node_modules/oxlint/bin/oxlint', import.meta.url))
const built = fileURLToPath(new URL('../dist/plugin.js', import.meta.url))

interface Problem {
  message: string
  code: string
  labels: { span: { line: number; column: number } }[]
}

function lint(project: Scratch, ...options: string[]): Problem[] {
  const config = { jsPlugins: [built], categories: { correctness: 'off' }, ...plugin.configs.recommended }
  project.write('.oxlintrc.json', JSON.stringify(config))
  const args = [oxlint, '--format', 'json', '-c', '.oxlintrc.json', ...options, 'app.ts']
  const run = spawnSync(process.execPath, args, { cwd: project.folder, encoding: 'utf8', timeout: 50_000 })
  assert.equal(run.stderr, '')
  return (JSON.parse(run.stdout) as { diagnostics: Problem[] }).diagnostics
}

test('oxlint reports what needs no types', limit, () => {
  using project = new Scratch({
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
  using project = new Scratch({
    'app.ts': `import { thread } from 'fearless'\nexport const run = (data: number[]) => thread.spawn(() => data.length)\n`,
  })
  lint(project, '--fix')
  assert.equal(
    project.read('app.ts'),
    `import { thread, move } from 'fearless'\nexport const run = (data: number[]) => thread.spawn(move(() => data.length))\n`,
  )
})

test('files that do not use the library cost nothing and say nothing', limit, () => {
  using project = new Scratch({ 'app.ts': `export const run = (data: number[]) => setTimeout(() => data.length)\n` })
  assert.deepEqual(lint(project), [])
  assert.deepEqual(Object.keys(plugin.rules).sort(), [...SYNTACTIC].sort())
})
