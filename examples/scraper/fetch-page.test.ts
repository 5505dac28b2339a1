import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { fetchPage } from './fetch-page.ts'
import { deafPort, openSite, redirect, respond } from './test-site.ts'
import type { Answer } from './test-site.ts'

const LIMIT = { timeout: 10_000 }
const LIMITS = { timeoutMs: 5000, maxBytes: 1000 }
const going = (): AbortSignal => new AbortController().signal

async function fetchFrom(t: TestContext, answer: Answer, limits = LIMITS) {
  const site = await openSite(t, { '/page': answer })
  return await fetchPage(`${site.origin}/page`, limits, going())
}

test('a page', LIMIT, async t => {
  const page = await fetchFrom(t, respond(200, 'text/html; charset=utf-8', '<p>é'))
  assert(page.kind === 'page')
  assert.equal(page.status, 200)
  assert.equal(page.contentType, 'text/html; charset=utf-8')
  assert.equal(Buffer.from(page.body).toString(), '<p>é')
})

test('XHTML is a page too, whatever the case', LIMIT, async t => {
  assert.equal((await fetchFrom(t, respond(200, 'Application/XHTML+XML', '<p/>'))).kind, 'page')
})

test('a redirect says where to', LIMIT, async t => {
  for (const status of [301, 302, 303, 307, 308]) {
    const fetched = await fetchFrom(t, redirect('/else?x#y', status))
    assert(fetched.kind === 'redirect')
    assert.match(fetched.to, /^http:\/\/127\.0\.0\.1:\d+\/else\?x$/)
  }
})

test('a redirect to nowhere', LIMIT, async t => {
  const lost: Answer = response => {
    response.writeHead(302).end()
  }
  await assert.rejects(fetchFrom(t, lost), { kind: 'redirects', message: '302 without a Location header' })
  await assert.rejects(fetchFrom(t, redirect('mailto:a@b.example')), { kind: 'bad-url' })
  await assert.rejects(fetchFrom(t, redirect('http://[')), { kind: 'bad-url' })
})

test('error statuses', LIMIT, async t => {
  for (const [status, message] of [
    [404, '404 Not Found'],
    [500, '500 Internal Server Error'],
  ] as const) {
    await assert.rejects(fetchFrom(t, respond(status, 'text/html', 'x')), { kind: 'status', message })
  }
})

test('what is not HTML', LIMIT, async t => {
  const picture = { kind: 'type', message: 'image/png is not HTML', breaksLinks: false }
  await assert.rejects(fetchFrom(t, respond(200, 'image/png', 'x')), picture)
  await assert.rejects(
    fetchFrom(t, response => {
      response.end('x')
    }),
    { kind: 'type', message: 'no content type' },
  )
})

test('no answer in time, neither head nor body', LIMIT, async t => {
  const limits = { timeoutMs: 50, maxBytes: 1000 }
  await assert.rejects(
    fetchFrom(t, () => {}, limits),
    { kind: 'timeout', message: /within 50 ms/ },
  )
  await assert.rejects(
    fetchFrom(
      t,
      response => {
        response.writeHead(200, { 'content-type': 'text/html' })
        response.write('<p>the beginning')
      },
      limits,
    ),
    { kind: 'timeout' },
  )
})

test('a page longer than the limit, announced or not', LIMIT, async t => {
  const exact = await fetchFrom(t, 'x'.repeat(1000))
  assert.equal(exact.kind === 'page' ? exact.body.byteLength : 0, 1000)
  await assert.rejects(
    fetchFrom(t, response => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': 1001 })
      response.flushHeaders()
    }),
    { kind: 'too-long', message: 'longer than 1000 bytes' },
  )
  await assert.rejects(
    fetchFrom(t, response => {
      response.writeHead(200, { 'content-type': 'text/html' })
      for (let i = 0; i < 50; i++) response.write('x'.repeat(100))
    }),
    { kind: 'too-long' },
  )
})

test('a page that is short only while it is packed', LIMIT, async t => {
  await assert.rejects(
    fetchFrom(t, response => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
      response.end(gzipSync('x'.repeat(100_000)))
    }),
    { kind: 'too-long' },
  )
})

test('nobody listens', LIMIT, async () => {
  await assert.rejects(fetchPage(`http://127.0.0.1:${await deafPort()}/`, LIMITS, going()), { kind: 'refused' })
})

test('no such host', LIMIT, async () => {
  await assert.rejects(fetchPage('http://no-such-host.invalid/', LIMITS, going()), { kind: 'dns' })
})

test('a port that fetch refuses', LIMIT, async () => {
  await assert.rejects(fetchPage('http://127.0.0.1:25/', LIMITS, going()), { kind: 'bad-url' })
})

test('a server that hangs up, or speaks something else', LIMIT, async t => {
  await assert.rejects(
    fetchFrom(t, response => {
      response.destroy()
    }),
    { kind: 'network' },
  )
  await assert.rejects(
    fetchFrom(t, response => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': 100 })
      response.write('<p>half', () => response.destroy())
    }),
    { kind: 'network' },
  )
  const server = createServer(socket => {
    socket.resume().end('220 welcome to the wrong port\r\n')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await assert.rejects(fetchPage(`http://127.0.0.1:${port}/`, LIMITS, going()), { kind: 'network' })
  await new Promise<void>(resolve => server.close(() => resolve()))
})

test('a stop is no failure of the page', LIMIT, async t => {
  const stop = new AbortController()
  const site = await openSite(t, { '/page': () => stop.abort() })
  await assert.rejects(fetchPage(`${site.origin}/page`, LIMITS, stop.signal), { name: 'AbortError' })
  await assert.rejects(fetchPage(`${site.origin}/page`, LIMITS, stop.signal), { name: 'AbortError' })
  assert.equal(site.requests.length, 1)
})

test('a hundred requests leave nothing attached to the stop signal', LIMIT, async t => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => {
    warnings.push(warning)
  }
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const site = await openSite(t, { '/page': '<p>hello' })
  const stop = going()
  await Promise.all(Array.from({ length: 100 }, () => fetchPage(`${site.origin}/page`, LIMITS, stop)))
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(warnings, [])
})
