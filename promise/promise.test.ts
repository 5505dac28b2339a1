/** Every program ends as its first comment states: checked, compiled, and run with all walls on. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { complaints, kinds, programs, runPrograms, type Outcome, type Program } from './programs.ts'

/** The fewest programs of a kind. Some are refused and some accepted; one is enough for hard input. */
const FEWEST = 10
const limit = { timeout: 170_000 }

const outcomes = new Map<Program, PromiseWithResolvers<Outcome>>(
  programs.map(program => [program, Promise.withResolvers<Outcome>()]),
)
let running: Promise<void>
before(() => {
  running = runPrograms(programs, (program, outcome) => outcomes.get(program)!.resolve(outcome))
})
after(() => running)

for (const program of programs) {
  test(`${program.name} ends as its comment states`, limit, async () => {
    assert.deepEqual(complaints(program, await outcomes.get(program)!.promise), [])
  })
}

test('each kind has many programs', () => {
  for (const kind of kinds) {
    const count = programs.filter(program => program.kind === kind).length
    assert.ok(count >= (kind === 'hard-input' ? 1 : FEWEST), `${kind} has ${count} programs`)
  }
})
