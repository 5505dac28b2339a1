import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { JsonLines } from './json-lines.ts'

test('each value is one line, at any rate of writes', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'json-lines-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'out.jsonl')
  const out = await JsonLines.open(path)
  const values = Array.from({ length: 500 }, (_, i) => ({ i, text: 'é\n'.repeat(200) }))
  await Promise.all(values.map(value => out.write(value)))
  await out.close()
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines.map(line => JSON.parse(line) as unknown),
    values,
  )
})

test('a file that cannot be written is an error at once', async () => {
  await assert.rejects(JsonLines.open(join(tmpdir(), 'no', 'such', 'folder', 'x.jsonl')), { code: 'ENOENT' })
})
