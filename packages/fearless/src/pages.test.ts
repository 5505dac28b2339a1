/** The programs of the README and of the guide run, and print the values in their comments. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'

const root = resolve(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'fearless-pages-'))
after(() => rmSync(folder, { recursive: true }))
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')

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
      const file = join(folder, `${page.replaceAll('/', '-')}-${i}.ts`)
      writeFileSync(file, code)
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ['--import', '@fearless/compiler/register', file],
        { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
      )
      assert.equal(status, 0, stderr)
      const values = printed(code)
      assert.notEqual(values.length, 0)
      assert.deepEqual(stdout.trim().split('\n').slice(-values.length), values)
    })
  }
}
