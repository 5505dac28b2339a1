import assert from 'node:assert/strict'
import test from 'node:test'
import { crawl } from './crawl.ts'
import type { CrawlOptions, PageRecord, Summary } from './crawl.ts'
import { countSequentially } from './sequential.ts'
import { deafPort, linksTo, openSite, redirect, respond } from './test-site.ts'

const LIMIT = { timeout: 30_000 }
const OPTIONS = { threads: 2, concurrency: 4, maxPages: 1000, sameOrigin: false, timeoutMs: 5000, maxBytes: 10_000 }

async function crawlFrom(
  starts: readonly string[],
  options: Partial<CrawlOptions> = {},
): Promise<Summary & { records: PageRecord[] }> {
  const records: PageRecord[] = []
  const observer = {
    record: (page: PageRecord) => {
      records.push(page)
    },
    progress() {},
  }
  const summary = await crawl({ starts, ...OPTIONS, ...options }, observer, new AbortController().signal)
  return { ...summary, records }
}

const pathOf = (url: string): string => (URL.canParse(url) ? new URL(url).pathname : url)

const failuresOf = (records: readonly PageRecord[]): string[] => {
  return records.flatMap(page => ('error' in page ? [`${page.error} ${pathOf(page.url)}`] : [])).sort()
}

test('every kind of failure is recorded and counted, and the crawl continues', LIMIT, async t => {
  const refused = `http://127.0.0.1:${await deafPort()}/refused`
  const site = await openSite(t, {
    '/robots.txt': respond(200, 'text/plain', 'User-agent: *\nDisallow: /private'),
    '/': linksTo(
      '/404',
      '/500',
      '/slow',
      '/circle',
      '/picture',
      '/long',
      '/private',
      '/fine',
      '/moved',
      refused,
      'http://no-such-host.invalid/dns',
      'http://[bad',
      'http://[bad',
      'mailto:a@b.example',
      '/404#again',
    ),
    '/500': respond(500, 'text/html', 'oops'),
    '/slow': () => {},
    '/circle': redirect('/circle/2'),
    '/circle/2': redirect('/circle'),
    '/picture': respond(200, 'image/png', 'x'),
    '/long': 'x'.repeat(10_001),
    '/private': 'not for us',
    '/fine': '<p>three more words',
    '/moved': redirect('/404'),
  })
  const { stats, brokenLinks, records, stopped } = await crawlFrom([`${site.origin}/`], { timeoutMs: 5000 })
  assert.deepEqual(failuresOf(records), [
    'bad-url http://[bad',
    'dns /dns',
    'redirects /circle/2',
    'refused /refused',
    'robots /private',
    'status /404',
    'status /500',
    'timeout /slow',
    'too-long /long',
    'type /picture',
  ])
  assert.deepEqual(stats.failures, {
    'bad-url': 1,
    dns: 1,
    redirects: 1,
    refused: 1,
    robots: 1,
    status: 2,
    timeout: 1,
    'too-long': 1,
    type: 1,
  })
  assert.equal(stats.pages, 2)
  assert.equal(stats.links, 14)
  // 404 twice and once behind a redirect, 500, slow, the circle, refused, dns, and the bad address twice.
  assert.equal(brokenLinks, 10)
  assert.equal(stopped, false)
  assert.equal(site.requests.includes('/private'), false)
})

test('a failure names the page with the link', LIMIT, async t => {
  const site = await openSite(t, { '/': linksTo('/gone') })
  const { records } = await crawlFrom([`${site.origin}/`])
  assert.deepEqual(
    records.find(page => 'error' in page),
    {
      url: `${site.origin}/gone`,
      error: 'status',
      message: '404 Not Found',
      from: `${site.origin}/`,
    },
  )
})

test('a page is fetched once for all spellings and links', LIMIT, async t => {
  const site = await openSite(t, {
    '/': linksTo('/', '#x', '/a', '/a#b', './a', '/%61', '/x/../a', '/to-a'),
    '/a': linksTo('/', '/a'),
    '/to-a': redirect('/a#there'),
  })
  const { stats } = await crawlFrom([`${site.origin}/`, `${site.origin}/a`])
  assert.deepEqual([...site.requests].sort(), ['/', '/a', '/robots.txt', '/to-a'])
  assert.equal(stats.pages, 2)
  assert.equal(stats.links, 10)
})

test('the numbers equal those of the sequential count, for a few hundred pages', LIMIT, async t => {
  const pages = 300
  const site = await openSite(
    t,
    Object.fromEntries(
      Array.from({ length: pages }, (_, i) => {
        const hrefs = [`/${(i * 7 + 1) % pages}`, `/${(i * i) % pages}`, `/${i + 1}`, `/gone/${i % 10}`]
        return [`/${i}`, `<title>${i}</title>${'word '.repeat(i)}${linksTo(...hrefs, 'http://elsewhere.invalid/')}`]
      }),
    ),
  )
  const options = { threads: 3, concurrency: 16, sameOrigin: true }
  const { stats, brokenLinks } = await crawlFrom([`${site.origin}/0`], options)
  const { links, words } = stats
  assert.deepEqual({ pages: stats.pages, links, brokenLinks, words }, await countSequentially(`${site.origin}/0`))
  assert.equal(stats.pages, pages)
  assert.equal(
    stats.threads.reduce((sum, thread) => sum + thread.pages, 0),
    pages,
  )
})

test('the crawl counts exactly as many pages as the limit', LIMIT, async t => {
  const site = await openSite(
    t,
    Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => {
        return [`/${i}`, linksTo(`/gone/${i}`, `/${i * 2 + 1}`, `/${i * 2 + 2}`)]
      }),
    ),
  )
  const { stats } = await crawlFrom([`${site.origin}/0`], { maxPages: 20, concurrency: 7 })
  assert.equal(stats.pages, 20)
})

test('a crawl with sameOrigin fetches no page of another site', LIMIT, async t => {
  const other = await openSite(t, { '/': 'elsewhere' })
  const site = await openSite(t, { '/': linksTo(`${other.origin}/`, '/away'), '/away': redirect(`${other.origin}/`) })
  const { stats } = await crawlFrom([`${site.origin}/`], { sameOrigin: true })
  assert.equal(stats.pages, 1)
  assert.deepEqual(other.requests, [])
})

test('a stop ends the crawl with the pages that were fetched', LIMIT, async t => {
  const stop = new AbortController()
  const site = await openSite(t, { '/': linksTo('/a', '/b'), '/a': '<p>word', '/b': () => {} })
  const record = (page: PageRecord): void => {
    if (page.url === `${site.origin}/a`) stop.abort()
  }
  const options = { ...OPTIONS, starts: [`${site.origin}/`], timeoutMs: 60_000 }
  const summary = await crawl(options, { record, progress() {} }, stop.signal)
  assert.equal(summary.stopped, true)
  assert.equal(summary.stats.pages, 2)
  assert.deepEqual(summary.stats.failures, {})
})

test('an error of the observer fails the crawl, which still ends its threads', LIMIT, async t => {
  const site = await openSite(t, { '/': linksTo('/a', '/b', '/c'), '/a': 'a', '/b': 'b', '/c': 'c' })
  const record = (): void => {
    throw new Error('disk full')
  }
  const options = { ...OPTIONS, starts: [`${site.origin}/`] }
  await assert.rejects(crawl(options, { record, progress() {} }, new AbortController().signal), /disk full/)
})
