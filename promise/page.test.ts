/** docs/promise.md: its links lead to files, every kind of programs has a section, and every promise names programs. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kinds, programs } from './programs.ts'

const docs = join(import.meta.dirname, '../docs')
const page = readFileSync(join(docs, 'promise.md'), 'utf8')
const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(match => match[1]!)
const sections = page.split(/^## /m).slice(1)

test('every link of the page leads to a file or a folder', () => {
  assert.deepEqual(
    links.filter(link => !existsSync(join(docs, link))),
    [],
  )
})

test('every kind of programs has a section that names its folder', () => {
  const named = kinds.filter(kind => links.includes(`../promise/${kind}`))
  assert.deepEqual(named, kinds)
})

test('every promise names programs of the promise folder', () => {
  const files = new Set(programs.map(({ file }) => file))
  for (const section of sections.filter(text => !text.startsWith('Not promised'))) {
    const rows = section.split('\n').filter(line => line.startsWith('|') && !/^\| (?:---|promise)/.test(line))
    assert.ok(rows.length > 0, section)
    for (const row of rows) {
      const named = [...row.matchAll(/\]\(([^)]+)\)/g)].map(match => join(docs, match[1]!))
      assert.ok(named.length > 0 && named.every(file => files.has(file)), row)
    }
  }
})

test('the README links to the page', () => {
  const [intro] = readFileSync(join(docs, '../README.md'), 'utf8').split('<table>')
  assert.match(intro!, /\[[^\]]+\]\(docs\/promise\.md\)/)
})
