import assert from 'node:assert/strict'
import test from 'node:test'
import { readArguments, USAGE } from './args.ts'

const refused = (argv: string[], message: RegExp): void => {
  assert.throws(() => readArguments(argv), { name: 'UsageError', message })
}

test('every flag sets its option', () => {
  assert.deepEqual(
    readArguments([
      'http://a.example',
      '--threads',
      '3',
      '--concurrency=20',
      '--max-pages',
      '7',
      '--same-origin',
      '--timeout',
      '50',
      '--max-bytes',
      '999',
      '--out',
      'x.jsonl',
      'http://b.example/#top',
    ]),
    {
      kind: 'crawl',
      out: 'x.jsonl',
      options: {
        starts: ['http://a.example/', 'http://b.example/'],
        threads: 3,
        concurrency: 20,
        maxPages: 7,
        sameOrigin: true,
        timeoutMs: 50,
        maxBytes: 999,
      },
    },
  )
})

test('flags that are not given have their defaults', () => {
  const args = readArguments(['http://a.example/'])
  assert(args.kind === 'crawl')
  assert(args.options.threads >= 1)
  assert.equal(args.options.sameOrigin, false)
  assert.equal(args.out, undefined)
})

test('--help needs no url and names every flag', () => {
  assert.deepEqual(readArguments(['--help']), { kind: 'help' })
  assert.deepEqual(readArguments(['-h']), { kind: 'help' })
  for (const flag of ['threads', 'concurrency', 'max-pages', 'same-origin', 'timeout', 'max-bytes', 'out', 'help']) {
    assert.match(USAGE, new RegExp(`--${flag} `))
  }
})

test('a page that is given twice is one start', () => {
  const args = readArguments(['http://a.example', 'http://a.example/#x'])
  assert(args.kind === 'crawl')
  assert.deepEqual(args.options.starts, ['http://a.example/'])
})

test('a wrong command line is refused with a message', () => {
  const url = 'http://a.example/'
  refused([], /no url given/)
  refused([url, '--thread', '2'], /--thread/)
  refused([url, '--threads'], /--threads/)
  refused([url, '--same-origin=yes'], /--same-origin/)
  for (const value of ['0', '1.5', '2e3', 'many', '', '0x10', ' 3']) {
    refused([url, `--threads=${value}`], /--threads needs a whole number from 1 to 256/)
  }
  refused([url, '--threads', '257'], /from 1 to 256, not '257'/)
  refused([url, '--max-pages', '99999999999999999999'], /--max-pages/)
  refused([url, '--timeout', '9999999999'], /--timeout/)
  refused([url, '--out='], /--out/)
  refused(['ftp://a.example/'], /'ftp:\/\/a.example\/' is not an http or https address$/)
  refused(['a.example/x'], /did you mean https:\/\/a.example\/x \?/)
})
