/** The programs of the README and of the guide run, and print the values in their comments. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { ScratchFolder } from '../../../scripts/scratch.ts'

const root = resolve(import.meta.dirname, '../../..')
const scratch = new ScratchFolder()

/** The blocks of a page that are programs: they import the library. */
function programsOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```ts\n([^]*?)^```/gm)].map(match => match[1]).filter(code => /from 'fearless'/.test(code))
}

/** The values behind each `console.log(...)`, in the order of the lines. */
const printed = (code: string): string[] =>
  [...code.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)].map(match => match[1])

for (const page of ['README.md', 'docs/guide.md']) {
  const programs = programsOf(page)
  test(`${page} has programs`, () => assert.notEqual(programs.length, 0))
  for (const [i, code] of programs.entries()) {
    test(`program ${i + 1} of ${page} prints the values of its comments`, { timeout: 60_000 }, () => {
      const file = scratch.write(`${page.replaceAll('/', '-')}-${i}.ts`, code)
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ['--import', '@fearless/compiler/register', file],
        { cwd: scratch.path, encoding: 'utf8', env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
      )
      assert.equal(status, 0, stderr)
      const values = printed(code)
      assert.notEqual(values.length, 0)
      assert.deepEqual(stdout.trim().split('\n').slice(-values.length), values)
    })
  }
}
