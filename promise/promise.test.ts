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
  'accepted/dropped-write-guard',
  'accepted/read-guard-dropped',
  'accepted/downgrade',
  'accepted/drop-at-signal',
  'accepted/drop-in-close',
  'accepted/drop-in-stack',
  'accepted/drop-in-then',
  'accepted/drop-in-timer',
  'accepted/leads-back',
  'accepted/lock-all',
  'accepted/never-function',
  'accepted/parse-in-thread',
  'given-away/arc-of-object',
  'given-away/bounded-send',
  'given-away/buffer',
  'given-away/clone',
  'given-away/clone-of-parts',
  'given-away/concurrent-map',
  'given-away/date',
  'given-away/destructured-field',
  'given-away/element-of-moved',
  'given-away/error',
  'given-away/every-use',
  'given-away/generator',
  'given-away/guard-value',
  'given-away/in-async-method',
  'given-away/kept-closure',
  'given-away/listener',
  'given-away/moved-twice',
  'given-away/mutex-of-list',
  'given-away/once-lock',
  'given-away/oneshot',
  'given-away/parameter',
  'given-away/part-of-moved',
  'given-away/queue-across-files',
  'given-away/rw-lock-of-map',
  'given-away/second-name',
  'given-away/spawn-argument',
  'given-away/static-constant',
  'given-away/write-through-alias',
  'guarded/date-in-lock',
  'guarded/found-element',
  'guarded/generator',
  'guarded/get-mut',
  'guarded/inner-part',
  'guarded/kept-in-field',
  'guarded/late-callback',
  'guarded/map-entries',
  'guarded/map-get',
  'guarded/map-get-or-insert',
  'guarded/map-in-lock',
  'guarded/reentrant',
  'guarded/rw-with-async',
  'guarded/set-in-lock',
  'guarded/update-async',
  'guarded/watch-borrow',
  'guarded/with-async',
  'guarded/with-identity',
  'guarded/with-promise',
  'guarded/write-guard',
  'hard-input/nested-finally',
  'lent/captured-changes',
  'lent/source-changes',
  'lent/source-changes-late',
  'statics/alias-then-move',
  'statics/concurrent-map',
  'statics/default-export',
  'statics/exported-arc',
  'statics/global-this',
  'statics/imported-late',
  'statics/in-object',
  'statics/lazy-lock',
  'statics/made-by-calls',
  'statics/plain-state',
  'statics/plain-state-of-class',
  'statics/plain-state-of-object',
  'statics/private-lock',
  'statics/static-block',
  'statics/static-field',
  'statics/sub-threads',
  'statics/subclass-field',
  'statics/through-barrel',
  'views/frozen-vec',
  'views/in-closure',
  'views/in-field',
  'views/in-microtask',
  'views/iterator',
  'views/kept-after-drop',
  'views/kept-after-freeze',
  'views/kept-after-move',
  'views/kept-in-lock',
  'views/second-thread',
  'views/subarray',
  'views/through-callee',
  'waits/accessor',
  'waits/and-and',
  'waits/arc-of-class',
  'waits/arrow-body',
  'waits/await-spawn',
  'waits/await-task',
  'waits/borrowed-function',
  'waits/buffer-in-arc',
  'waits/conditional',
  'waits/date-in-arc',
  'waits/destructured-guard',
  'waits/for-each',
  'waits/guard-in-array',
  'waits/listener',
  'waits/lock-then',
  'waits/own-channel',
  'waits/own-join',
  'waits/own-lock',
  'waits/promise-all-of-handles',
  'waits/promise-all-of-locks',
  'waits/rejects',
  'waits/selected-guard',
  'waits/symbol-key',
  'waits/timer',
  'waits/unused-name',
  'waits/void',
  'waits/ways-of-a-handle',
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
