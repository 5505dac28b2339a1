import assert from 'node:assert/strict'
import test from 'node:test'
import { serveNpmDocs } from './npm-docs-server.ts'
import { countSequentially } from './sequential.ts'

const LIMIT = { timeout: 20_000 }

test('every page is reachable from the first', LIMIT, async t => {
  const docs = await serveNpmDocs()
  t.after(() => docs.close())
  const totals = await countSequentially(docs.url)
  assert(docs.pages > 50)
  assert.equal(totals.pages, docs.pages)
  assert(totals.links > docs.pages)
  assert(totals.words > 10_000)
})

test('only the pages are served', LIMIT, async t => {
  const docs = await serveNpmDocs()
  t.after(() => docs.close())
  for (const path of ['../../package.json', '%2e%2e/%2e%2e/package.json', 'commands/', 'commands/npm.html/']) {
    assert.equal((await fetch(docs.url + path)).status, 404, path)
  }
  const head = await fetch(docs.url, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(await head.text(), '')
})

test('an npm_execpath that is not npm is ignored', LIMIT, async t => {
  const before = process.env.npm_execpath
  process.env.npm_execpath = process.execPath
  t.after(() => {
    if (before === undefined) delete process.env.npm_execpath
    else process.env.npm_execpath = before
  })
  await (await serveNpmDocs()).close()
})
