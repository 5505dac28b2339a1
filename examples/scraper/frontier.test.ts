import assert from 'node:assert/strict'
import test from 'node:test'
import { PageError } from './failure.ts'
import { Frontier } from './frontier.ts'
import type { FrontierOptions } from './frontier.ts'

const START = 'http://a.example/'
const url = (path: string): string => START + path
const open = (options: Partial<FrontierOptions> = {}): Frontier => {
  return new Frontier({ starts: [START], maxPages: 100, sameOrigin: false, ...options })
}
const links = (...targets: string[]): Map<string, number> => new Map(targets.map(target => [target, 1]))
const error404 = new PageError('status', '404')

test('each address is handed out once, in order of discovery', async () => {
  const frontier = open()
  assert.equal(await frontier.next(), START)
  frontier.page(START, links(url('a'), url('b'), START))
  assert.equal(await frontier.next(), url('a'))
  frontier.page(url('a'), links(url('b'), url('a'), url('c')))
  assert.equal(await frontier.next(), url('b'))
  assert.equal(await frontier.next(), url('c'))
  assert.equal(frontier.from(url('c')), url('a'))
  assert.equal(frontier.from(START), undefined)
  assert.deepEqual([frontier.settled, frontier.known], [2, 4])
})

test('a fetch task waits while a page is open, for its links or for the end', async () => {
  const frontier = open()
  await frontier.next()
  const [second, third] = [frontier.next(), frontier.next()]
  frontier.page(START, links(url('a')))
  assert.equal(await second, url('a'))
  frontier.failed(url('a'), error404)
  assert.equal(await third, undefined)
  assert.equal(await frontier.next(), undefined)
})

test('a failed page does not count toward the limit of pages', async () => {
  const frontier = open({ maxPages: 2 })
  await frontier.next()
  frontier.page(START, links(url('a'), url('b'), url('c')))
  assert.equal(await frontier.next(), url('a'))
  const next = frontier.next()
  frontier.failed(url('a'), error404)
  assert.equal(await next, url('b'))
  const last = frontier.next()
  frontier.page(url('b'), links())
  assert.equal(await last, undefined)
})

test('addresses of other sites are ignored with sameOrigin', async () => {
  const frontier = open({ sameOrigin: true, starts: [START, 'https://b.example/x'] })
  await frontier.next()
  await frontier.next()
  frontier.page(START, links('https://b.example/y', 'http://b.example/y', 'http://c.example/'))
  assert.equal(await frontier.next(), 'https://b.example/y')
  assert.equal(frontier.known, 3)
})

test('broken links are counted by occurrence, before and after the failure', async () => {
  const frontier = open({ starts: [START, url('gone')] })
  await frontier.next()
  await frontier.next()
  frontier.failed(url('gone'), error404)
  assert.equal(frontier.brokenLinks(), 0)
  frontier.page(
    START,
    new Map([
      [url('gone'), 3],
      [url('picture'), 1],
      [url('late'), 2],
    ]),
  )
  await frontier.next()
  frontier.failed(url('picture'), new PageError('type', 'image/png is not HTML'))
  await frontier.next()
  assert.equal(frontier.brokenLinks(), 3)
  frontier.failed(url('late'), new PageError('timeout', 'too late'))
  assert.equal(frontier.brokenLinks(), 5)
})

test('a link is as broken as the end of its redirects', async () => {
  const frontier = open()
  await frontier.next()
  frontier.page(START, links(url('old'), url('older')))
  await frontier.next()
  await frontier.next()
  frontier.redirected(url('older'), url('old'))
  frontier.redirected(url('old'), url('new'))
  assert.equal(frontier.brokenLinks(), 0)
  assert.equal(await frontier.next(), url('new'))
  frontier.failed(url('new'), error404)
  assert.equal(frontier.brokenLinks(), 2)
})

test('a cycle of redirects fails at the redirect that closes it', async () => {
  const frontier = open()
  const message = /back to itself/
  await frontier.next()
  assert.throws(() => frontier.redirected(START, START), message)
  frontier.redirected(START, url('a'))
  await frontier.next()
  frontier.redirected(url('a'), url('b'))
  await frontier.next()
  assert.throws(() => frontier.redirected(url('b'), START), message)
  frontier.failed(url('b'), new PageError('redirects', 'circle'))
  assert.equal(await frontier.next(), undefined)
})

test('a chain of too many redirects fails', async () => {
  const frontier = open()
  await frontier.next()
  let at = START
  for (let i = 1; i <= 10; i++) {
    frontier.redirected(at, url(`${i}`))
    at = (await frontier.next())!
  }
  assert.throws(() => frontier.redirected(at, url('11')), /more than 10 redirects/)
})

test('a redirect to another site is not followed with sameOrigin', async () => {
  const frontier = open({ sameOrigin: true })
  await frontier.next()
  frontier.redirected(START, 'http://b.example/')
  assert.equal(await frontier.next(), undefined)
  assert.equal(frontier.brokenLinks(), 0)
})

test('a bad link is reported once and counted each time', () => {
  const frontier = open()
  assert.equal(frontier.badLink('http://[', 2), true)
  assert.equal(frontier.badLink('http://[', 1), false)
  assert.equal(frontier.brokenLinks(), 3)
})

test('after a stop no address is handed out, and open pages still count', async () => {
  const frontier = open()
  await frontier.next()
  const waiting = frontier.next()
  frontier.stop()
  assert.equal(await waiting, undefined)
  frontier.page(START, links(url('a')))
  assert.equal(await frontier.next(), undefined)
  assert.deepEqual([frontier.settled, frontier.known], [1, 2])
})

test('an address is not settled twice', async () => {
  const frontier = open()
  await frontier.next()
  frontier.page(START, links())
  assert.throws(() => frontier.page(START, links()), /settled twice/)
})
