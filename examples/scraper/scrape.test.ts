import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { deafPort, linksTo, openSite } from './test-site.ts'

const LIMIT = { timeout: 30_000 }

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

function scrape(...args: string[]): { readonly process: ChildProcess; readonly ended: Promise<Ended> } {
  const script = join(import.meta.dirname, 'scrape.ts')
  const child = spawn(process.execPath, ['--import', '@fearless/compiler/register', script, ...args], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += String(chunk)
  })
  child.stderr.on('data', chunk => {
    stderr += String(chunk)
  })
  return { process: child, ended: new Promise(resolve => child.on('close', code => resolve({ code, stdout, stderr }))) }
}

test('the table is on stdout and the pages are in the file', LIMIT, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'scrape-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const out = join(folder, 'pages.jsonl')
  const site = await openSite(t, { '/': `<title>Home</title>two words${linksTo('/a', '/gone')}`, '/a': 'one' })
  const running = scrape(`${site.origin}/`, '--threads', '2', '--same-origin', '--out', out)
  const { code, stdout, stderr } = await running.ended
  // A crawl of more than a second prints its progress.
  assert.match(stderr, /^(?:\d+ of \d+ addresses\n)*$/)
  assert.equal(code, 0)
  assert.match(stdout, /^pages +2$/m)
  assert.match(stdout, /^links +2$/m)
  assert.match(stdout, /^broken links +1$/m)
  assert.match(stdout, /^parser 2 busy /m)
  type Line = { url: string; title?: string; words?: number; error?: string; from?: string }
  const lines = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
  const byUrl = new Map(lines.map(line => [line.url, line]))
  assert.equal(lines.length, 3)
  assert.equal(byUrl.get(`${site.origin}/`)?.title, 'Home')
  assert.equal(byUrl.get(`${site.origin}/`)?.words, 4)
  assert.equal(byUrl.get(`${site.origin}/gone`)?.error, 'status')
  assert.equal(byUrl.get(`${site.origin}/gone`)?.from, `${site.origin}/`)
})

test('a wrong command line ends with a message and code 2', LIMIT, async () => {
  const wrong = await scrape('http://a.example/', '--threads', 'many').ended
  const message = "scrape: --threads needs a whole number from 1 to 256, not 'many'\nTry 'scrape --help'.\n"
  assert.deepEqual(wrong, { code: 2, stdout: '', stderr: message })
  const unwritable = await scrape('http://a.example/', '--out', join(tmpdir(), 'no', 'such', 'folder', 'x')).ended
  assert.equal(unwritable.code, 2)
  assert.match(unwritable.stderr, /^scrape: cannot write .*ENOENT/)
})

test('--help prints the usage', LIMIT, async () => {
  const { code, stdout } = await scrape('--help').ended
  assert.equal(code, 0)
  assert.match(stdout, /^usage: scrape /)
})

test('a crawl without a page ends with code 1', LIMIT, async () => {
  const { code, stdout } = await scrape(`http://127.0.0.1:${await deafPort()}/`).ended
  assert.equal(code, 1)
  assert.match(stdout, /^connection refused +1 +addresses$/m)
})

test('Ctrl-C ends the crawl with the pages that were fetched', LIMIT, async t => {
  const site = await openSite(t, {
    '/': linksTo('/slow'),
    '/slow': () => {
      running.process.kill('SIGINT')
    },
  })
  const running = scrape(`${site.origin}/`, '--timeout', '60000')
  const { code, stdout, stderr } = await running.ended
  assert.equal(code, 130)
  assert.match(stderr, /counting the pages that were fetched/)
  assert.match(stdout, /^pages +1 +stopped early$/m)
})
