/** Tests that the simulated build refuses planted bugs that prove nothing: texts that do not fit into their file. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSimulated } from './simulated-build.ts'

const file = 'sync/condvar.ts'
const from = '    this.#isOver = true\n'

const REFUSED: readonly (readonly [name: string, from: string, to: string, reason: RegExp])[] = [
  ['a name that the file does not declare', from, `${from}    missing()\n`, /a twin uses missing, which the file/],
  ['a text that is not in the file', 'this.#isLost = true', '', /a twin's text must occur once, got 0 times/],
  ['a text that occurs twice', 'return', '', /a twin's text must occur once, got \d+ times/],
  ['a text that does not parse', from, '    this.#isOver = = true\n', /a twin does not parse/],
]

for (const [name, text, to, reason] of REFUSED) {
  test(`a planted bug with ${name} fails the build`, { timeout: 60_000 }, async () => {
    await assert.rejects(buildSimulated('model/harness/library-threads.ts', [{ file, from: text, to }]), reason)
  })
}
