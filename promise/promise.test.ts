/** Every program of the promise ends as its first comment says: checked, compiled, and run with all walls on. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { complaints, kinds, programs, runPrograms, type Outcome, type Program } from './programs.ts'

/** Programs whose wall is missing. One that ends as it must fails this test, so that the list only shrinks. */
const NOT_YET = new Set<string>([
  'accepted/batch',
  'accepted/closure',
  'accepted/deferred-drop',
  'accepted/double-buffer',
  'accepted/downgrade',
  'accepted/drop-at-signal',
  'accepted/drop-in-close',
  'accepted/drop-in-stack',
  'accepted/drop-in-then',
  'accepted/drop-in-timer',
  'accepted/dropped-write-guard',
  'accepted/leads-back',
  'accepted/lock-all',
  'accepted/never-function',
  'accepted/read-guard-dropped',
  'given-away/buffer',
  'given-away/static-constant',
  'statics/concurrent-map',
  'statics/exported-arc',
  'statics/global-this',
  'statics/lazy-lock',
  'statics/plain-state',
  'statics/plain-state-of-class',
  'statics/plain-state-of-object',
  'statics/sub-threads',
  'statics/through-barrel',
  'views/frozen-vec',
  'waits/accessor',
  'waits/arc-of-class',
  'waits/buffer-in-arc',
  'waits/destructured-guard',
  'waits/for-each',
  'waits/guard-in-array',
  'waits/lock-then',
  'waits/own-channel',
  'waits/own-join',
  'waits/own-lock',
  'waits/promise-all-of-locks',
  'waits/selected-guard',
  'waits/symbol-key',
])

/** The fewest programs of a kind, of which some are refused and some are not; of hard input one is enough. */
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
  const isMissing = NOT_YET.has(program.name)
  test(`${program.name} ends as it says${isMissing ? ', not yet' : ''}`, limit, async () => {
    const wrong = complaints(program, await outcomes.get(program)!.promise)
    if (isMissing) assert.notDeepEqual(wrong, [], 'it ends as it must: take it off the list NOT_YET')
    else assert.deepEqual(wrong, [])
  })
}

test('each kind has many programs', () => {
  for (const kind of kinds) {
    const count = programs.filter(program => program.kind === kind).length
    assert.ok(count >= (kind === 'hard-input' ? 1 : FEWEST), `${kind} has ${count} programs`)
  }
})

test('each program that is not yet right exists', () => {
  const names = new Set(programs.map(({ name }) => name))
  assert.deepEqual(
    [...NOT_YET].filter(name => !names.has(name)),
    [],
  )
})
