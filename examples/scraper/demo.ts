/**
 * Scrapes npm's documentation, and compares the numbers with the sequential count.
 *
 * Ends with 1 if any number differs.
 */
import { crawl } from './crawl.ts'
import { serveNpmDocs } from './npm-docs-server.ts'
import { progressOn } from './progress.ts'
import { report } from './report.ts'
import { countSequentially } from './sequential.ts'
import type { Totals } from './sequential.ts'

const THREADS = 4

const docs = await serveNpmDocs()
try {
  console.log(`Scraping the ${docs.pages} pages of npm's documentation on ${docs.url} with ${THREADS} threads`)
  const progress = progressOn(process.stderr)
  const summary = await crawl(
    {
      starts: [docs.url],
      threads: THREADS,
      concurrency: 8,
      maxPages: 1000,
      sameOrigin: true,
      timeoutMs: 10_000,
      maxBytes: 5_000_000,
    },
    { record() {}, progress: progress.show },
    new AbortController().signal,
  )
  progress.end()
  process.stdout.write(report(summary))

  const { pages, links, words } = summary.stats
  const totals = { pages, links, brokenLinks: summary.brokenLinks, words }
  process.exitCode = compare(totals, await countSequentially(docs.url))
} finally {
  await docs.close()
}

function compare(threads: Totals, sequential: Totals): number {
  const names = Object.keys(sequential) as (keyof Totals)[]
  const different = names.filter(name => threads[name] !== sequential[name])
  for (const name of different) {
    console.error(`${name}: ${threads[name]} with threads, ${sequential[name]} one after the other`)
  }
  if (different.length === 0) console.log('One page after the other, on one thread, gives the same numbers.')
  return different.length === 0 ? 0 : 1
}
