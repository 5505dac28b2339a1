/**
 * Compares the output for `fixtures/name.in.ts` with `name.out.md`, which is reviewed like code.
 *
 * Each fixture is a program's entry, except `module-*.in.ts`, which threads may import. After a deliberate change,
 * write the outputs anew and read the difference:
 *
 *     UPDATE=1 node --test packages/compiler/test/fixtures.test.ts && git diff packages/compiler/test/fixtures
 */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { transform } from '../src/index.ts'

const folder = new URL('./fixtures/', import.meta.url)

for (const file of readdirSync(folder).filter(name => name.endsWith('.in.ts'))) {
  test(file, { timeout: 5_000 }, () => {
    const name = file.replace('.in.ts', '')
    const url = `file:///${name}.ts`
    const entries = new Set(name.startsWith('module-') ? [] : [url])
    const result = transform(url, readFileSync(new URL(file, folder), 'utf8'), { entries })
    const modules = result ? [[`${name}.ts`, result.code] as const, ...result.texts] : []
    const expected =
      modules.map(([url, text]) => `## ${url}\n\n\`\`\`js\n${text.trimEnd()}\n\`\`\`\n`).join('\n') ||
      'Left as it is.\n'
    const out = new URL(`${name}.out.md`, folder)
    if (process.env.UPDATE) writeFileSync(out, expected)
    assert.equal(readFileSync(out, 'utf8'), expected)
  })
}
