/**
 * The library in three browser engines: the conformance programs, the lessons, and the rules that only browsers have.
 *
 * Each program runs on a page. A program whose main thread blocks runs in a dedicated worker, because no page may block.
 *
 *   node --test runtimes/browsers/browsers.test.ts        BROWSERS=chromium,webkit chooses some
 */
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { complaint } from '../../lessons/expected.ts'
import { engineNames, prepare, start, type Browser, type EngineName, type Page } from './engines.ts'
import { ISOLATED, serve, type FileServer } from './server.ts'
import { NOT_IN_BROWSERS, buildSite, lessonFiles, programs } from './site.ts'

const LIMIT_MS = 90_000
const options = { timeout: LIMIT_MS }
const pages = join(import.meta.dirname, 'pages')

/** Programs whose main thread blocks. */
const BLOCKING = new Set([
  'channel.ts',
  'computes.ts',
  'many-block.ts',
  'select.ts',
  'sleep.ts',
  'spawn.ts',
  'statics.ts',
])

/** By program and engine: the reason for skipping. */
const LIMITATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'forgotten-vecs.ts': {
    firefox: 'Firefox collects garbage too late for a loop that allocates 32 MB in each turn',
    webkit: 'WebKit collects garbage too late for a loop that allocates 32 MB in each turn',
  },
  'stack.ts': {
    chromium: 'a bundle has positions of its own, which its source map leads back',
    firefox: 'a bundle has positions of its own, which its source map leads back',
    webkit: 'a bundle has positions of its own, which its source map leads back',
  },
}

/** A strict policy, without and with WebAssembly. */
const STRICT = "default-src 'self'; script-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'"
const STRICT_WITH_WASM = STRICT.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")

interface Outcome {
  readonly lines: readonly string[]
  readonly error?: string | null
}

let site = ''
let server: FileServer

before(async () => {
  site = await buildSite(pages)
  server = await serve(site)
}, options)

after(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(site, { recursive: true, force: true })
})

/** Waits for the promise that a page keeps in `window.finished`. */
const FINISHED = `(async () => {
  while (window.finished === undefined) await new Promise(again => setTimeout(again, 10))
  return window.finished
})()`

async function onPage<T>(browser: Browser, url: string, look: (page: Page) => Promise<T>): Promise<T> {
  const page = await browser.open(url)
  try {
    return await look(page)
  } finally {
    await page.close()
  }
}

function outcomeOf(
  browser: Browser,
  program: string,
  place: 'page' | 'worker',
  origin = server.origin,
): Promise<Outcome> {
  return onPage(browser, `${origin}/?program=${program}&in=${place}`, page => page.evaluate<Outcome>(FINISHED))
}

function check<T>(browser: Browser, name: string, origin = server.origin): Promise<T> {
  return onPage(browser, `${origin}/checks.html?check=${name}`, page => page.evaluate<T>(FINISHED))
}

for (const name of (process.env.BROWSERS?.split(',') ?? engineNames) as EngineName[]) {
  const missing = prepare(name)
  describe(name, { skip: missing ?? false }, () => testEngine(name))
}

function testEngine(name: EngineName): void {
  let browser: Browser

  before(async () => {
    browser = await start(name)
  }, options)
  after(() => browser.close())

  for (const program of programs) {
    const skip = NOT_IN_BROWSERS[program.name] ?? LIMITATIONS[program.name]?.[name] ?? false
    const place = BLOCKING.has(program.name) ? 'worker' : 'page'
    test(`${program.name} in a ${place}`, { ...options, skip }, async () => {
      const { lines, error } = await outcomeOf(browser, program.name, place)
      assert.equal(error ?? undefined, undefined)
      assert.deepEqual(lines, program.lines)
    })
  }

  for (const lesson of lessonFiles) {
    test(`lesson ${lesson}`, options, async () => {
      const { lines, error } = await outcomeOf(browser, lesson, 'page')
      assert.equal(error ?? undefined, undefined)
      // The driver does not see the console of a worker in every engine.
      const ofMain = lesson.startsWith('1-') ? [...lines, ...[1, 2, 3].map(i => `spawned thread: ${i}`)] : lines
      assert.equal(complaint(lesson, ofMain.map(line => `${line}\n`).join('')), undefined)
    })
  }

  test('a page that is not isolated is refused with the two headers and a code', options, async () => {
    await using plain = await serve(site, {})
    const { error } = await check<Outcome>(browser, 'spawns', plain.origin)
    assert.match(error ?? '', /^FL0012: This page has no shared memory, because it is not cross-origin isolated/)
    for (const part of ['Opener-Policy: same-origin', 'Embedder-Policy: require-corp', 'webpack', 'nginx', 'Netlify'])
      assert.ok(error!.includes(part), part)
  })

  test('fearless/isolate isolates a page of a host that sets no headers', options, async () => {
    const script = readFileSync(fileURLToPath(import.meta.resolve('fearless/isolate')))
    await using plain = await serve(site, {}, (request, response) => {
      const path = request.url!.split('?')[0]
      if (path !== '/isolated.html' && path !== '/isolate.js') return false
      const type = path === '/isolate.js' ? 'text/javascript' : 'text/html'
      const page = readFileSync(join(site, 'checks.html'), 'utf8')
      response.writeHead(200, { 'Content-Type': type })
      response.end(type === 'text/html' ? page.replace('<script', '<script src="isolate.js"></script><script') : script)
      return true
    })
    const page = await browser.open(`${plain.origin}/isolated.html?check=spawns`)
    try {
      let outcome: Outcome | undefined
      for (const end = Date.now() + 20_000; outcome?.error !== undefined || outcome === undefined; await delay(100)) {
        assert.ok(Date.now() < end, outcome?.error ?? 'the page did not finish')
        // The page reloads itself, so an evaluation may fail.
        outcome = await page.evaluate<Outcome>(FINISHED).catch(() => undefined)
        if (outcome?.error === null) break
      }
      assert.deepEqual(outcome.lines, ['ran'])
    } finally {
      await page.close()
    }
  })

  for (const [policy, title, core] of [
    [STRICT, 'without WebAssembly', 'js'],
    [STRICT_WITH_WASM, 'with WebAssembly', 'wasm'],
  ] as const) {
    test(`a strict content security policy ${title} permits threads, channels and loops`, options, async () => {
      await using strict = await serve(site, { ...ISOLATED, 'Content-Security-Policy': policy })
      const result = await check<{ core: string; sum: number; words: string[]; evaluated: string[] }>(
        browser,
        'works',
        strict.origin,
      )
      assert.deepEqual(
        { ...result, evaluated: undefined },
        { core, sum: 499_500, words: ['a', 'b'], evaluated: undefined },
      )
      // The library asks once whether it may use WebAssembly and compiled loops, and the browser reports a refusal.
      assert.ok(result.evaluated.length <= 1, result.evaluated.join())
    })
  }

  test('a panic of a thread has the name of its function and a mapped line', options, async () => {
    const { stack, message } = await check<{ stack: string; message: string }>(browser, 'panics')
    assert.equal(message, 'from a thread')
    assert.match(stack, /checks\.thread-\d+[^/]*\.js:\d+:\d+/)
  })

  test('a worker whose script cannot be loaded ends every join with the reason', options, async () => {
    await using broken = await serve(site, ISOLATED, (request, response) => {
      if (!request.url!.includes('fearless-worker')) return false
      response.writeHead(404).end()
      return true
    })
    const { error } = await check<Outcome>(browser, 'spawns', broken.origin)
    assert.match(error ?? '', /^FL0012: No worker could be started for this thread: /)
  })

  test('a thread whose closure cannot be loaded ends its join with the reason', options, async () => {
    await using broken = await serve(site, ISOLATED, (request, response) => {
      if (!/checks\.thread-/.test(request.url!)) return false
      response.writeHead(404).end()
      return true
    })
    const { error } = await check<Outcome>(browser, 'spawns', broken.origin)
    assert.match(error ?? '', /checks\.thread-|import|module|load/i)
  })

  test('values of the platform are sent or refused as documented', options, async () => {
    assert.deepEqual(await check(browser, 'values'), [])
  })

  test(
    'a page stays responsive while a million messages arrive, and a wake-up comes within a frame',
    options,
    async () => {
      // Other processes of the machine pause the page, too. A pause that is ours occurs in each of three attempts.
      for (let attempt = 1; ; attempt++) {
        const { own, busy, received, wake } = await check<{
          own: number
          busy: number
          received: number
          wake: number
        }>(browser, 'responsive')
        assert.equal(received, 1_000_000)
        if (own <= busy + 16 && wake <= busy + 16) break
        assert.ok(attempt < 3, `longest pause ${own} ms with messages, ${busy} ms without; a wake-up took ${wake} ms`)
      }
    },
  )

  test('close() in a thread, an abort and a hanging thread end as panics', options, async () => {
    assert.deepEqual(await check(browser, 'deaths'), ['PanicError it called close()', 'CancelledError', 'still here'])
  })
}
