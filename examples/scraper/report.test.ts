import assert from 'node:assert/strict'
import test from 'node:test'
import { report } from './report.ts'

const stats = {
  pages: 1234,
  links: 20_000,
  words: 3,
  bytes: 1,
  failures: { status: 2, robots: 1 },
  threads: [
    { pages: 1000, busyMs: 1500 },
    { pages: 234, busyMs: 0 },
  ],
}

test('the table lists all numbers', () => {
  assert.equal(
    report({ stats, brokenLinks: 7, elapsedMs: 2000, stopped: false }),
    `\
pages                    1,234
links                   20,000
broken links                 7
words                        3
bytes                        1
kept out by robots.txt       1  addresses
error status                 2  addresses
time                    2.00 s  617 pages a second
parser 1 busy           1.50 s  75 %, 1,000 pages
parser 2 busy           0.00 s  0 %, 234 pages
`,
  )
})

test('the table of a stopped crawl is marked as stopped', () => {
  assert.match(report({ stats, brokenLinks: 0, elapsedMs: 1, stopped: true }), /^pages +1,234 +stopped early$/m)
})
