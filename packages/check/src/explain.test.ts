/** The pages of the codes: their programs are checked, and each has at least one way out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CODES, pageOf, titleOf } from './explain.ts'
import { Project } from './project.ts'
import { Scratch } from './scratch.ts'

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
    const words = blocks[at - 1]!.trim().split('\n').at(-1)!
    const before = blocks[at - 1]!
    assert.match(before, /Refused:\s*$|Way out:[^]*[:.]\s*$/, `${code}: ${words}`)
    const refused = /Refused:\s*$/.test(before)
    programs.push({ file: `${code}-${programs.length}.ts`, text: blocks[at]!.replace(/^ts\n/, ''), refused })
  }
  return programs
}

const programs = new Map(CODES.map(code => [code, programsOf(code)]))

test('the programs of every page are refused and accepted as it says', limit, () => {
  const all = [...programs.values()].flat()
  using scratch = new Scratch(Object.fromEntries(all.map(({ file, text }) => [file, text])))
  const project = new Project(scratch.path('tsconfig.json'))
  try {
    const { diagnostics } = project.check()
    for (const [code, own] of programs) {
      for (const { file, refused } of own) {
        const found = diagnostics.filter(each => each.file === scratch.path(file))
        const expected = refused ? [code] : []
        assert.deepEqual(
          found.map(each => (code === 'FL1000' ? each.code.replace(/\d+$/, '1000') : each.code)),
          expected,
          `${file}: ${found.map(({ message }) => message).join('; ')}`,
        )
      }
    }
  } finally {
    project.close()
  }
})

test('every page has a title, a refused program first, and a way out', limit, () => {
  for (const [code, own] of programs) {
    assert.ok(titleOf(code), code)
    assert.equal(own[0]!.refused, true, code)
    assert.ok(own.slice(1).length > 0 && own.slice(1).every(({ refused }) => !refused), code)
  }
})

test("the compiler's codes have pages too", limit, () => {
  assert.match(pageOf('F1006')!, /^# F1006: /)
  assert.match(pageOf('fl1011')!, /^# FL1000: /)
  assert.match(pageOf('f0382')!, /^# F0382: /)
  assert.equal(pageOf('F9999'), undefined)
})
