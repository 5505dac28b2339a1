/**
 * Tests the checker's output word for word, and the programs that it accepts.
 *
 * The output for `ui/F0382/refused/name.ts` must equal `name.txt` beside it. Files in `ui/F0382/accepted/` have no
 * findings. A file may import from `ui/Elsewhere`. tsc accepts all files except the refused ones of F0277.
 * `UPDATE_EXPECTED=1` writes the expected texts again; read the diff.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { refusals, tsc } from './compilers.ts'
import { CODES } from '../src/explain.ts'
import { Project } from '../src/project.ts'
import { PLAIN } from '@fearless/compiler/analysis'
import { formatted } from '../src/report/formats.ts'

const limit = { timeout: 120_000 }
const folder = fileURLToPath(new URL('./ui', import.meta.url))
const update = process.env['UPDATE_EXPECTED'] === '1'

const project = new Project(`${folder}/tsconfig.json`)
after(() => project.close())
const { diagnostics } = project.check()

const cases = (kind: string): string[] => globSync(`*/${kind}/*.{ts,tsx,mts,cts}`, { cwd: folder }).sort()
const foundIn = (file: string) => diagnostics.filter(each => each.file === `${folder}/${file}`)
const printed = (file: string): string =>
  formatted('text', foundIn(file), { folder, linesOf: each => project.linesOf(each) }, PLAIN)

for (const file of cases('refused')) {
  test(`refuses ${file}`, limit, () => {
    const [code] = file.split('/')
    const text = printed(file)
    const expected = `${folder}/${file.replace(/\.\w+$/, '.txt')}`
    if (update) writeFileSync(expected, text)
    assert.equal(text, readFileSync(expected, 'utf8'))
    assert.ok(
      foundIn(file).some(each => each.code === code || (code === 'FL1000' && each.code.startsWith('FL'))),
      `no ${code}`,
    )
  })
}

for (const file of cases('accepted')) test(`accepts ${file}`, limit, () => assert.equal(printed(file), ''))

test('files outside of the cases have no finding', limit, () => {
  const other = diagnostics.filter(({ file }) => !file.includes('/refused/') && !file.includes('/accepted/'))
  assert.deepEqual(other, [])
})

test('tsc accepts all cases except the refused ones of F0277', limit, () => {
  const wrong = refusals(tsc('7.0', folder)).filter(({ file }) => !file.startsWith('F0277/refused/'))
  assert.deepEqual(wrong, [])
})

test('every code has refused and accepted cases', limit, () => {
  const [refused, accepted] = [cases('refused'), cases('accepted')]
  for (const code of CODES) {
    assert.ok(
      refused.some(file => file.startsWith(`${code}/`)),
      `no refused case of ${code}`,
    )
    assert.ok(
      accepted.some(file => file.startsWith(`${code}/`)),
      `no accepted case of ${code}`,
    )
  }
  assert.ok(refused.length >= 200, `${refused.length} refused`)
  assert.ok(accepted.length >= 150, `${accepted.length} accepted`)
})
