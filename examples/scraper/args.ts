/**
 * The command line, parsed strictly: a flag that is misspelt, out of range or without its value is refused, not
 * guessed.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { addressOf } from './address.ts'
import type { CrawlOptions } from './crawl.ts'

export type Arguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'crawl'; readonly options: CrawlOptions; readonly out: string | undefined }

/** An error of the command line. The message names the fault and the repair; the program ends with code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const USAGE = `usage: scrape <url>... [options]

Follows the links from each <url> and counts pages, links, broken links and words.

  --threads <n>      threads that parse pages (default: one per processor, less one for fetching)
  --concurrency <n>  pages fetched at the same time (default: 8)
  --max-pages <n>    stop after that many pages (default: 1000)
  --same-origin      stay on the sites of the given urls
  --timeout <ms>     time limit for each request (default: 10000)
  --max-bytes <n>    longest page to read (default: 5000000)
  --out <file>       write one line of JSON per page to this file, as they come
  --help             show this text
`

const FLAGS = {
  threads: { type: 'string' },
  concurrency: { type: 'string' },
  'max-pages': { type: 'string' },
  'same-origin': { type: 'boolean' },
  timeout: { type: 'string' },
  'max-bytes': { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parsed(argv)
  if (values.help === true) return { kind: 'help' }
  if (positionals.length === 0) throw new UsageError('no url given')
  if (values.out === '') throw new UsageError('--out needs the name of a file')
  return {
    kind: 'crawl',
    out: values.out,
    options: {
      starts: [...new Set(positionals.map(startOf))],
      threads: whole('threads', values.threads, Math.max(1, availableParallelism() - 1), 256),
      concurrency: whole('concurrency', values.concurrency, 8, 1000),
      maxPages: whole('max-pages', values['max-pages'], 1000),
      sameOrigin: values['same-origin'] ?? false,
      timeoutMs: whole('timeout', values.timeout, 10_000, 2 ** 31 - 1),
      maxBytes: whole('max-bytes', values['max-bytes'], 5_000_000),
    },
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function startOf(text: string): string {
  const address = addressOf(text)
  if (address.kind === 'web') return address.url
  const guess = addressOf(`https://${text}`)
  const help = !/^[a-z]+:/i.test(text) && guess.kind === 'web' ? `; did you mean ${guess.url} ?` : ''
  throw new UsageError(`'${text}' is not an http or https address${help}`)
}

function whole(flag: string, text: string | undefined, fallback: number, most = Number.MAX_SAFE_INTEGER): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
  const range = most === Number.MAX_SAFE_INTEGER ? 'from 1' : `from 1 to ${most}`
  throw new UsageError(`--${flag} needs a whole number ${range}, not '${text}'`)
}
