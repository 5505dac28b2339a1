/**
 * The library in three browser engines: the conformance programs, the lessons, and the rules that only browsers have.
 *
 * Each program runs on a page. A program whose main thread blocks runs in a dedicated worker, because no page may block.
 *
 *   node --test runtimes/browsers/browsers.test.ts        BROWSERS=chromium,webkit chooses some
 */
import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { complaint } from '../../lessons/expected.ts'
import { engineNames, prepare, start, type Browser, type EngineName, type Page } from './engines.ts'
import { ISOLATED, serve, type Answer, type FileServer, type Headers } from './server.ts'
import { NOT_IN_BROWSERS, buildExample, buildSite, lessonFiles, programs, serveSources } from './site.ts'

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

/** Programs that run from their sources, too. */
const FROM_SOURCES = new Set(['mutex.ts', 'scope.ts'])

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

const notFound =
  (url: RegExp): Answer =>
  ({ url: requested }, response) => {
    if (!url.test(requested!)) return false
    response.writeHead(404).end()
    return true
  }

/** Whether a server has already received a request for this url. */
function isLaterRequest({ url, socket }: IncomingMessage): boolean {
  const requested = `${socket.localPort} ${url}`
  return requests.size === requests.add(requested).size
}
const requests = new Set<string>()

/** The failures after which no worker loads the library. */
const FAILURES: readonly (readonly [failure: string, headers: Headers, answer?: Answer])[] = [
  ['a script of the worker that is missing', ISOLATED, notFound(/fearless-worker/)],
  [
    'a script of the worker that is no JavaScript',
    ISOLATED,
    ({ url }, response) => {
      if (!url!.includes('fearless-worker')) return false
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>')
      return true
    },
  ],
  ['a policy that forbids workers', { ...ISOLATED, 'Content-Security-Policy': "worker-src 'none'" }],
  [
    'a script that is missing for all workers but the supervisor',
    ISOLATED,
    (request, response) => isLaterRequest(request) && notFound(/fearless-worker/)(request, response),
  ],
  ['a chunk of the library that is missing', ISOLATED, notFound(/\/entry-/)],
]

const NO_WORKER =
  /^FL0012: No (thread could start, because a worker failed to load the library|worker could be started for this thread): \S/

interface Outcome {
  readonly lines: readonly string[]
  readonly error?: string | null
}

let site = ''
let example = ''
let server: FileServer

before(async () => {
  site = await buildSite(pages)
  example = await buildExample()
  server = await serve(site)
}, options)

after(async () => {
  await server[Symbol.asyncDispose]()
  for (const folder of [site, example]) rmSync(folder, { recursive: true, force: true })
})

/** Waits for the promise that a page keeps in `window.finished`. */
const FINISHED = `(async () => {
  while (window.finished === undefined) await new Promise(again => setTimeout(again, 10))
  return window.finished
})()`

/**
 * Times after which a page is opened again in Firefox, by attempt. Under WebDriver, `new Worker` in a worker of Firefox sometimes
 * never returns: in one of 25 pages, and in none of 118 without a driver.
 */
const FIREFOX_LIMITS_MS = [10_000, 30_000]

async function onPage<T>(browser: Browser, url: string, look: (page: Page) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const page = await browser.open(url)
    try {
      if (browser.name !== 'firefox' || attempt === FIREFOX_LIMITS_MS.length) return await look(page)
      const found = await Promise.race([look(page), delay(FIREFOX_LIMITS_MS[attempt], HUNG, { ref: false })])
      if (found !== HUNG) return found
    } finally {
      await page.close()
    }
  }
}

const HUNG = Symbol('hung')

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

const chosen = ((process.env.BROWSERS?.split(',') ?? engineNames) as EngineName[]).map(name => ({
  name,
  missing: prepare(name),
}))

// Most of a test's time is the start of workers, one after the other, so the engines run side by side.
describe('engines', { concurrency: chosen.length }, () => {
  for (const { name, missing } of chosen)
    describe(name, { skip: missing ?? false, concurrency: 1 }, () => withBrowser(name, testEngine))
})

// A test that measures time runs alone.
for (const { name, missing } of chosen)
  describe(`${name}, alone`, { skip: missing ?? false }, () => withBrowser(name, testTimes))

function withBrowser(name: EngineName, tests: (name: EngineName, browser: () => Browser) => void): void {
  let browser: Browser
  before(async () => {
    browser = await start(name)
  }, options)
  after(() => browser.close())
  tests(name, () => browser)
}

function testEngine(name: EngineName, browser: () => Browser): void {
  for (const program of programs) {
    const skip = NOT_IN_BROWSERS[program.name] ?? LIMITATIONS[program.name]?.[name] ?? false
    const place = BLOCKING.has(program.name) ? 'worker' : 'page'
    test(`${program.name} in a ${place}`, { ...options, skip }, async () => {
      const { lines, error } = await outcomeOf(browser(), program.name, place)
      assert.equal(error ?? undefined, undefined)
      assert.deepEqual(lines, program.lines)
    })
  }

  for (const lesson of lessonFiles) {
    test(`lesson ${lesson}`, options, async () => {
      const { lines, error } = await outcomeOf(browser(), lesson, 'page')
      assert.equal(error ?? undefined, undefined)
      // The driver does not see the console of a worker in every engine.
      const ofMain = lesson.startsWith('1-') ? [...lines, ...[1, 2, 3].map(i => `spawned thread: ${i}`)] : lines
      assert.equal(complaint(lesson, ofMain.map(line => `${line}\n`).join('')), undefined)
    })
  }

  test('a page that is not isolated is refused with the two headers and a code', options, async () => {
    await using plain = await serve(site, {})
    const { error } = await check<Outcome>(browser(), 'spawns', plain.origin)
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
    const page = await browser().open(`${plain.origin}/isolated.html?check=spawns`)
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
        browser(),
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
    const { stack, message } = await check<{ stack: string; message: string }>(browser(), 'panics')
    assert.equal(message, 'from a thread')
    assert.match(stack, /checks\.thread-\d+[^/]*\.js:\d+:\d+/)
  })

  for (const [failure, headers, answer] of FAILURES) {
    // The supervisor starts many workers.
    const skip = name === 'firefox' && failure.endsWith('the supervisor') && 'the hang of onPage'
    test(`${failure} ends every join with the reason`, { ...options, skip }, async () => {
      await using broken = await serve(site, headers, answer)
      const errors = await check<string[]>(browser(), 'joins', broken.origin)
      assert.equal(errors.length, 4, errors.join('\n'))
      for (const error of errors) assert.match(error, NO_WORKER)
    })
  }

  test('a closure that cannot be loaded ends every join with the reason', options, async () => {
    await using broken = await serve(site, ISOLATED, notFound(/checks\.thread-/))
    const errors = await check<string[]>(browser(), 'joins', broken.origin)
    assert.equal(errors.length, 4)
    for (const error of errors)
      assert.match(error, /^FL0012: The module of this closure was not found: \S+checks\.thread-\S+\. Deploy all files/)
  })

  test('a shared worker that starts no workers is refused with the reason', options, async () => {
    const expected =
      name === 'firefox' ? /^undefined: undefined|^FL0012: This / : /^FL0012: This kind of worker starts no workers/
    assert.match(await check<string>(browser(), 'shared'), expected)
  })

  test('the example draws a picture, zooms, blurs and cancels', options, async () => {
    await using built = await serve(example)
    const texts = await onPage(browser(), `${built.origin}/index.html`, page =>
      page.evaluate<string[]>(`(async () => {
        const find = id => document.querySelector('#' + id)
        const until = async test => { while (!test()) await new Promise(again => setTimeout(again, 10)) }
        const texts = []
        const done = async name => {
          await until(() => find('status').textContent.startsWith(name) && find('cancel').disabled)
          texts.push(find('status').textContent.replace(/[\\d.]+ ms with \\d+ threads/, 'T').replace(/\\d+ rows.*/, 'rows'))
        }
        await done('Mandelbrot')
        find('filter').click()
        await done('Blur')
        find('in').click()
        find('cancel').click()
        await until(() => /cancelled/.test(find('status').textContent))
        await done('Mandelbrot')
        const { data } = find('picture').getContext('2d').getImageData(0, 0, 200, 200)
        texts.push(new Set(new Uint32Array(data.buffer)).size > 20 ? 'colours' : 'blank')
        return texts
      })()`),
    )
    assert.deepEqual(texts, [
      'Mandelbrot: T, zoom 1.00',
      'Blur: T, zoom 1.00',
      'Mandelbrot: cancelled after rows',
      'colours',
    ])
  })

  test('values of the platform are sent or refused as documented', options, async () => {
    const outcomes = await check<[value: string, outcome: string][]>(browser(), 'values')
    const rows = outcomes.map(([value, outcome]) => `| ${value} | ${outcome} |`)
    const table = ['| value | here |', '| --- | --- |', ...rows].join('\n')
    const page = join(import.meta.dirname, '../../docs/differences.md')
    const marked = /(<!-- values-of-browsers:start -->\n)[^]*?(<!-- values-of-browsers:end -->)/
    const text = readFileSync(page, 'utf8')
    if (process.env.UPDATE_DOCS !== undefined) writeFileSync(page, text.replace(marked, `$1${table}\n$2`))
    else
      assert.equal(
        marked.exec(text)?.[0],
        `<!-- values-of-browsers:start -->\n${table}\n<!-- values-of-browsers:end -->`,
      )
  })

  test(
    'the workers of a page end when it is loaded again or left, and run again on the way back',
    options,
    async () => {
      const url = `${server.origin}/checks.html?check=spawns`
      const page = await browser().open(url)
      try {
        for (let i = 0; i < 10; i++) await page.goto(url)
        assert.deepEqual(await page.evaluate(FINISHED), { lines: ['ran'] })
        await page.goto(`${server.origin}/index.html`)
        // Each worker holds a lock as long as it lives. WebKit keeps the last page, frozen, with its two workers.
        const left = name === 'webkit' ? 2 : 0
        const held = `(async () => {
        const count = async () => (await navigator.locks.query()).held.length
        const end = performance.now() + 10_000
        while ((await count()) > ${left} && performance.now() < end) await new Promise(again => setTimeout(again, 50))
        return count()
      })()`
        assert.ok((await page.evaluate<number>(held)) <= left)
        await page.back()
        assert.deepEqual(await page.evaluate(`${FINISHED}.then(() => window.run())`), { lines: ['ran'] })
      } finally {
        await page.close()
      }
    },
  )

  test(
    'a document isolation policy isolates a page of Chromium',
    { ...options, skip: name !== 'chromium' },
    async () => {
      await using plain = await serve(site, { 'Document-Isolation-Policy': 'isolate-and-require-corp' })
      assert.deepEqual(await check(browser(), 'spawns', plain.origin), { lines: ['ran'] })
    },
  )

  test("programs run from Vite's development server", { ...options, skip: name !== 'chromium' }, async () => {
    await using sources = await serveSources(pages)
    for (const { name: program, lines } of programs.filter(({ name }) => FROM_SOURCES.has(name))) {
      const outcome = await outcomeOf(browser(), program, 'page', sources.origin)
      assert.deepEqual([outcome.error ?? undefined, outcome.lines], [undefined, lines])
    }
  })

  test('close() in a thread, an abort and a hanging thread end as panics', options, async () => {
    assert.deepEqual(await check(browser(), 'deaths'), ['PanicError it called close()', 'CancelledError', 'still here'])
  })
}

function testTimes(_: EngineName, browser: () => Browser): void {
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
        }>(browser(), 'responsive')
        assert.equal(received, 1_000_000)
        if (own <= busy + 16 && wake <= busy + 16) break
        assert.ok(attempt < 3, `longest pause ${own} ms with messages, ${busy} ms without; a wake-up took ${wake} ms`)
      }
    },
  )
}
