/**
 * Tests the type wall: tsc's messages for refused programs, and the accepted programs.
 *
 * tsc must refuse a line that ends in `// refused` with the text in `expected/<version>/`, and no other line. Lines
 * that end in `// accepted` are counted. `UPDATE_EXPECTED=1` writes the expected texts again; read the diff.
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

/** Returns the numbers of the lines that end in a mark. */
function marked(lines: string[], mark: string): number[] {
  return lines.flatMap((line, at) => (line.endsWith(` // ${mark}`) ? [at + 1] : []))
}

/** Returns the source line, followed by tsc's message, indented. */
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

test('the wall has enough cases', () => {
  const count = (mark: string): number => names(mark).flatMap(name => marked(linesOf(`${mark}/${name}`), mark)).length
  assert.ok(count('refused') >= 60, `${count('refused')} refused`)
  assert.ok(count('accepted') >= 50, `${count('accepted')} accepted`)
})

test('a refusal ends in the message of the library', () => {
  // tsc prints its own message for a value of type `any`, for an unconstrained type parameter, and for arguments that
  // are
  // read-only, dropped, no number or no ordering.
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
