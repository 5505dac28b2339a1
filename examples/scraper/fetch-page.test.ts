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

test('a page is returned with its status, type and bytes', LIMIT, async t => {
  const page = await fetchFrom(t, respond(200, 'text/html; charset=utf-8', '<p>é'))
  assert(page.kind === 'page')
  assert.equal(page.status, 200)
  assert.equal(page.contentType, 'text/html; charset=utf-8')
  assert.equal(Buffer.from(page.body).toString(), '<p>é')
})

test('XHTML is a page too, in any letter case', LIMIT, async t => {
  assert.equal((await fetchFrom(t, respond(200, 'Application/XHTML+XML', '<p/>'))).kind, 'page')
})

test('a redirect returns its target', LIMIT, async t => {
  for (const status of [301, 302, 303, 307, 308]) {
    const fetched = await fetchFrom(t, redirect('/else?x#y', status))
    assert(fetched.kind === 'redirect')
    assert.match(fetched.to, /^http:\/\/127\.0\.0\.1:\d+\/else\?x$/)
  }
})

test('a redirect without a web address is a failure', LIMIT, async t => {
  const lost: Answer = response => {
    response.writeHead(302).end()
  }
  await assert.rejects(fetchFrom(t, lost), { kind: 'redirects', message: '302 without a Location header' })
  await assert.rejects(fetchFrom(t, redirect('mailto:a@b.example')), { kind: 'bad-url' })
  await assert.rejects(fetchFrom(t, redirect('http://[')), { kind: 'bad-url' })
})

test('an error status is a failure', LIMIT, async t => {
  for (const [status, message] of [
    [404, '404 Not Found'],
    [500, '500 Internal Server Error'],
  ] as const) {
    await assert.rejects(fetchFrom(t, respond(status, 'text/html', 'x')), { kind: 'status', message })
  }
})

test('a page that is not HTML is a failure', LIMIT, async t => {
  const picture = { kind: 'type', message: 'image/png is not HTML', breaksLinks: false }
  await assert.rejects(fetchFrom(t, respond(200, 'image/png', 'x')), picture)
  await assert.rejects(
    fetchFrom(t, response => {
      response.end('x')
    }),
    { kind: 'type', message: 'no content type' },
  )
})

test('a head or body after the time limit is a failure', LIMIT, async t => {
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

test('a page longer than the limit is a failure, with or without a length header', LIMIT, async t => {
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

test('a page that is too long after decompression is a failure', LIMIT, async t => {
  await assert.rejects(
    fetchFrom(t, response => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
      response.end(gzipSync('x'.repeat(100_000)))
    }),
    { kind: 'too-long' },
  )
})

test('a port without a listener is a refused connection', LIMIT, async () => {
  await assert.rejects(fetchPage(`http://127.0.0.1:${await deafPort()}/`, LIMITS, going()), { kind: 'refused' })
})

test('an unknown host is a DNS failure', LIMIT, async () => {
  await assert.rejects(fetchPage('http://no-such-host.invalid/', LIMITS, going()), { kind: 'dns' })
})

test('a port that fetch refuses is a bad url', LIMIT, async () => {
  await assert.rejects(fetchPage('http://127.0.0.1:25/', LIMITS, going()), { kind: 'bad-url' })
})

test('a server that closes the connection or breaks the protocol is a network failure', LIMIT, async t => {
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

test('a stop is not a failure of the page', LIMIT, async t => {
  const stop = new AbortController()
  const site = await openSite(t, { '/page': () => stop.abort() })
  await assert.rejects(fetchPage(`${site.origin}/page`, LIMITS, stop.signal), { name: 'AbortError' })
  await assert.rejects(fetchPage(`${site.origin}/page`, LIMITS, stop.signal), { name: 'AbortError' })
  assert.equal(site.requests.length, 1)
})

test('a hundred requests leave no listener on the stop signal', LIMIT, async t => {
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
