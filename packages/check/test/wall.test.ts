/**
 * What the types refuse, in the words the user reads, and what they let through.
 *
 * A line that ends in `// refused` must be refused, with the text in `expected/<version>/`; no other line may be, and
 * those that end in `// accepted` are counted. `UPDATE_EXPECTED=1` writes the expected texts anew; read the diff.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Refusal, VERSIONS, type Version, fixtures, refusals, tsc } from './compilers.ts'

const expected = fileURLToPath(new URL('./expected/', import.meta.url))
const update = process.env['UPDATE_EXPECTED'] === '1'
const limit = { timeout: 120_000 }

const names = (folder: string): string[] => readdirSync(fixtures + folder).sort()
const linesOf = (file: string): string[] => readFileSync(fixtures + file, 'utf8').split('\n')

/** The numbers of the lines that end in a mark. */
function marked(lines: string[], mark: string): number[] {
  return lines.flatMap((line, at) => (line.endsWith(` // ${mark}`) ? [at + 1] : []))
}

/** The source line, and below it, indented, what tsc says about it. */
function report(lines: string[], { line, text }: Refusal): string {
  return `${lines[line - 1]!.replace(/ \/\/ refused$/, '').trim()}\n  ${text.replaceAll('\n', '\n  ')}\n`
}

const outputs = new Map<Version, Refusal[]>()
function refusalsBy(version: Version): Refusal[] {
  const known = outputs.get(version) ?? refusals(tsc(version, fixtures))
  outputs.set(version, known)
  return known
}

for (const version of VERSIONS) {
  for (const name of names('refused')) {
    test(`TypeScript ${version} refuses ${name}`, limit, () => {
      const file = `refused/${name}`
      const lines = linesOf(file)
      const refused = refusalsBy(version).filter(refusal => refusal.file === file)
      const where = [...new Set(refused.map(({ line }) => line))]
      assert.deepEqual(where, marked(lines, 'refused'), 'the lines that are refused')
      const path = `${expected}${version}/${name.replace(/ts$/, 'txt')}`
      const reports = refused.map(refusal => report(lines, refusal))
      if (update) {
        mkdirSync(`${expected}${version}`, { recursive: true })
        writeFileSync(path, reports.join('\n'))
      }
      const want = readFileSync(path, 'utf8').split(/(?<=\n)\n/)
      for (const [at, text] of reports.entries()) assert.equal(text, want[at])
      assert.equal(reports.length, want.length)
    })
  }

  test(`TypeScript ${version} accepts everything else`, limit, () => {
    assert.deepEqual(
      refusalsBy(version).filter(refusal => !refusal.file.startsWith('refused/')),
      [],
    )
  })
}

test('there are enough cases', () => {
  const count = (mark: string): number => names(mark).flatMap(name => marked(linesOf(`${mark}/${name}`), mark)).length
  assert.ok(count('refused') >= 60, `${count('refused')} refused`)
  assert.ok(count('accepted') >= 50, `${count('accepted')} accepted`)
})

test('the message is what a refusal ends in', () => {
  // A value that is `any` itself, and a parameter that could be anything, leave tsc no place for our words; what is
  // read-only, dropped, no number or no ordering is refused in tsc's own.
  const silent = [
    'refused/readonly.ts',
    'refused/dropped.ts',
    'refused/sums.ts',
    'refused/guards.ts',
    'refused/structs.ts',
  ]
  const said = / cannot be (sent|shared) between threads safely; /
  const unsaid = / '(any|1)' is not assignable to (parameter of )?type 'never'|type 'Send(Sync)?<T>'|=> never'/
  for (const { file, text } of refusalsBy('7.0')) {
    if (!silent.includes(file) && !said.test(text)) assert.match(text, unsaid)
  }
})
