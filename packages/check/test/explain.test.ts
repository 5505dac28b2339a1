/**
 * Tests the pages of the codes: the checker refuses the first program with the page's message and accepts the repairs.
 * `UPDATE_EXPECTED=1` generates `messages.ts` again.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PLAIN } from '@fearless/compiler/analysis'
import { refusals, tsc } from './compilers.ts'
import { CODES, pageOf, titleOf } from '../src/explain.ts'
import { Project } from '../src/project.ts'
import type { Diagnostic } from '../src/report/diagnostic.ts'
import { formatted } from '../src/report/formats.ts'
import { ScratchProject } from './scratch.ts'

const limit = { timeout: 60_000 }

interface Program {
  readonly file: string
  readonly text: string
  readonly refused: boolean
}

function programsOf(code: string): Program[] {
  const blocks = pageOf(code)!.split('```')
  const programs: Program[] = []
  for (let at = 1; at < blocks.length; at += 2) {
    if (blocks[at]!.startsWith('text\n')) continue
    const words = blocks[at - 1]!.trim().split('\n').at(-1)!
    const before = blocks[at - 1]!
    assert.match(before, /Refused:\s*$|Way out:[^]*[:.]\s*$/, `${code}: ${words}`)
    const refused = /Refused:\s*$/.test(before)
    programs.push({ file: `${code}-${programs.length}.ts`, text: blocks[at]!.replace(/^ts\n/, ''), refused })
  }
  return programs
}

const programs = new Map(CODES.map(code => [code, programsOf(code)]))

test('the checker refuses and accepts the programs of every page as the page claims', limit, () => {
  const all = [...programs.values()].flat()
  using scratch = new ScratchProject(Object.fromEntries(all.map(({ file, text }) => [file, text])))
  const project = new Project(scratch.at('tsconfig.json'))
  try {
    const { diagnostics } = project.check()
    const messages: Record<string, string> = {}
    for (const [code, own] of programs) {
      for (const { file, refused } of own) {
        const found = diagnostics.filter(each => each.file === scratch.at(file))
        const expected = refused ? [code] : []
        assert.deepEqual(
          found.map(each => (code === 'FL1000' ? each.code.replace(/\d+$/, '1000') : each.code)),
          expected,
          `${file}: ${found.map(({ message }) => message).join('; ')}`,
        )
        if (refused) messages[code] = saidTo(project, scratch, file, found)
      }
    }
    if (process.env['UPDATE_EXPECTED'] === '1') writeFileSync(generated, generatedFrom(messages))
    assert.equal(readFileSync(generated, 'utf8'), generatedFrom(messages))
  } finally {
    project.close()
  }
})

const generated = fileURLToPath(new URL('../src/messages.ts', import.meta.url))

/** Returns the printed finding for a file named `app.ts`. */
function saidTo(project: Project, scratch: ScratchProject, file: string, found: readonly Diagnostic[]): string {
  const sources = { folder: scratch.path, linesOf: (path: string) => project.linesOf(path) }
  const text = formatted('text', found, sources, PLAIN).trimEnd()
  return `\`\`\`text\n${text.replaceAll(file, 'app.ts')}\n\`\`\`\n`
}

const generatedFrom = (messages: Record<string, string>): string =>
  '/** The message for the refused program of each page. explain.test.ts generates and compares it. */\n' +
  `export const MESSAGES: Readonly<Record<string, string>> = ${JSON.stringify(messages, null, 2)}\n`

test('every page has a title, a refused program, its message and two repairs', limit, () => {
  for (const [code, own] of programs) {
    assert.ok(titleOf(code), code)
    assert.equal(own[0]!.refused, true, code)
    assert.ok(own.slice(1).length >= 2 && own.slice(1).every(({ refused }) => !refused), code)
    const [, after] = pageOf(code)!.split(/Refused:\n\n```ts\n[^]*?```\n\n/)
    assert.ok(after?.startsWith('```text\n') && after.includes(code.replace(/^FL.*/, '[FL')), code)
  }
})

test('docs/check.md shows the message of F0382', limit, () => {
  const page = readFileSync(new URL('../../../docs/check.md', import.meta.url), 'utf8')
  const message = /```text\n([^]*?)```/.exec(pageOf('F0382')!)![1]!
  assert.ok(page.includes(`\`\`\`\n${message}\`\`\``), message)
})

test("the compiler's codes have pages", limit, () => {
  assert.match(pageOf('F1006')!, /^# F1006: /)
  assert.match(pageOf('fl1011')!, /^# FL1000: /)
  assert.match(pageOf('f0382')!, /^# F0382: /)
  assert.equal(pageOf('F9999'), undefined)
})

/** Programs of a web page use its globals. */
const PAGE = 'data:text/javascript,globalThis.document = { title: "" }'

test(
  'tsc accepts every program of the pages except refused sends, and every repair runs to its end',
  { timeout: 300_000 },
  () => {
    const all = [...programs.values()].flat()
    using scratch = new ScratchProject(Object.fromEntries(all.map(({ file, text }) => [file, text])))
    const wrong = refusals(tsc('7.0', scratch.path)).filter(({ file }) => !file.startsWith('F0277-0'))
    assert.deepEqual(wrong, [])
    for (const { file, refused } of all) {
      if (refused) continue
      const options = ['--import', PAGE, '--import', '@fearless/compiler/register', scratch.at(file)]
      const { status, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 30_000 })
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, file)
    }
  },
)
