import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { Robots } from './robots.ts'
import { openSite, redirect, respond } from './test-site.ts'
import type { Answer, TestSite } from './test-site.ts'

const LIMIT = { timeout: 10_000 }
const going = (): AbortSignal => new AbortController().signal
const withRobots = (t: TestContext, answer: Answer, others: Record<string, Answer> = {}): Promise<TestSite> => {
  return openSite(t, { '/robots.txt': answer, ...others })
}
const text = (body: string): Answer => respond(200, 'text/plain', body)

test('rules for all agents and for this agent are both followed', LIMIT, async t => {
  const site = await withRobots(
    t,
    text(`
    User-agent: *
    Disallow: /

    User-agent: fearless-scraper
    Disallow: /private/
    Allow: /private/open
  `),
  )
  const robots = new Robots(1000)
  await robots.permit(`${site.origin}/`, going())
  await robots.permit(`${site.origin}/private/open`, going())
  await assert.rejects(robots.permit(`${site.origin}/private/x`, going()), { kind: 'robots' })
})

test('robots.txt is read once for concurrent requests', LIMIT, async t => {
  const site = await withRobots(t, text('User-agent: *\nDisallow: /x'))
  const robots = new Robots(1000)
  await Promise.all(Array.from({ length: 20 }, () => robots.permit(`${site.origin}/y`, going())))
  assert.deepEqual(site.requests, ['/robots.txt'])
})

test('a missing robots.txt allows every page', LIMIT, async t => {
  const site = await openSite(t, {})
  await new Robots(1000).permit(`${site.origin}/x`, going())
})

test('a redirect of robots.txt is followed', LIMIT, async t => {
  const moved = { '/elsewhere.txt': text('User-agent: *\nDisallow: /x') }
  const site = await withRobots(t, redirect('/elsewhere.txt'), moved)
  await assert.rejects(new Robots(1000).permit(`${site.origin}/x`, going()), { kind: 'robots' })
})

test('a robots.txt that cannot be read allows no page', LIMIT, async t => {
  const broken = await withRobots(t, respond(503, 'text/plain', 'later'))
  const answers503 = { kind: 'robots', message: /answers 503/ }
  await assert.rejects(new Robots(1000).permit(`${broken.origin}/x`, going()), answers503)
  const silent = await withRobots(t, () => {})
  const tooSlow = { kind: 'timeout', message: /^robots.txt: / }
  await assert.rejects(new Robots(50).permit(`${silent.origin}/x`, going()), tooSlow)
})

test('a site with a Crawl-delay gets one request at a time', LIMIT, async t => {
  const site = await withRobots(t, text('User-agent: *\nCrawl-delay: 0.05'))
  const robots = new Robots(1000)
  await robots.permit(`${site.origin}/1`, going())
  const start = performance.now()
  await Promise.all(['2', '3'].map(path => robots.permit(`${site.origin}/${path}`, going())))
  assert(performance.now() - start >= 90)
})

test('a stop ends the wait for a Crawl-delay', LIMIT, async t => {
  const site = await withRobots(t, text('User-agent: *\nCrawl-delay: 3600'))
  const robots = new Robots(1000)
  const stop = new AbortController()
  await robots.permit(`${site.origin}/1`, stop.signal)
  const waiting = robots.permit(`${site.origin}/2`, stop.signal)
  stop.abort()
  await assert.rejects(waiting, { name: 'AbortError' })
})
