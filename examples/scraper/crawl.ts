/**
 * The crawl: tasks fetch on the main thread, threads parse, and channels carry pages to them and results back.
 *
 *   frontier ──> fetch tasks ══pages══> parser threads ══results══> collector ──> frontier
 *
 * Only the collector adds to the frontier, and it never waits for a fetch task, so the ring cannot deadlock: a full
 * inbox blocks fetch tasks only. When the frontier is exhausted (or stopped) the fetch tasks end, then the threads
 * receive the last pages and finish, then the results end. Pages that were fetched before a stop are still parsed and
 * counted.
 */
import { Arc, Mutex, task } from 'fearless'
import { PageError } from './failure.ts'
import { fetchPage } from './fetch-page.ts'
import { Frontier } from './frontier.ts'
import { Parsers } from './parsers.ts'
import type { ParseResult } from './parsers.ts'
import { Robots } from './robots.ts'
import { afterFailure, emptyStats } from './stats.ts'
import type { Stats } from './stats.ts'

export type CrawlOptions = {
  readonly starts: readonly string[]
  readonly threads: number
  readonly concurrency: number
  readonly maxPages: number
  readonly sameOrigin: boolean
  readonly timeoutMs: number
  readonly maxBytes: number
}

export type PageRecord =
  | {
      readonly url: string
      readonly status: number
      readonly title: string
      readonly words: number
      readonly links: number
      readonly bytes: number
      readonly fetchMs: number
      readonly parseMs: number
      readonly thread: number
    }
  | { readonly url: string; readonly error: string; readonly message: string; readonly from: string | undefined }

/** The callbacks of a crawl: each page or failure as it arrives, and the progress. */
export type Observer = {
  record(page: PageRecord): void | Promise<void>
  progress(settled: number, known: number): void
}

export type Summary = {
  readonly stats: Stats
  readonly brokenLinks: number
  readonly elapsedMs: number
  readonly stopped: boolean
}

export async function crawl(options: CrawlOptions, observer: Observer, stop: AbortSignal): Promise<Summary> {
  const start = performance.now()
  const stats = new Arc(new Mutex(emptyStats(options.threads)))
  const frontier = new Frontier(options)
  const robots = new Robots(options.timeoutMs)
  const parsers = new Parsers(options.threads, stats)
  const failures = new AbortController()
  const quit = AbortSignal.any([stop, failures.signal])
  quit.addEventListener('abort', () => frontier.stop(), { once: true })

  async function fetchPages(): Promise<void> {
    for (let url = await frontier.next(); url !== undefined; url = await frontier.next()) {
      try {
        await robots.permit(url, quit)
        const fetchStart = performance.now()
        const fetched = await fetchPage(url, options, quit)
        if (fetched.kind === 'redirect') {
          frontier.redirected(url, fetched.to)
          observer.progress(frontier.settled, frontier.known)
        } else {
          const { status, contentType, body } = fetched
          await parsers.give({ url, status, contentType, fetchMs: performance.now() - fetchStart, body })
        }
      } catch (error) {
        if (quit.aborted) return
        if (!(error instanceof PageError)) throw error
        await settleFailure(url, error)
      }
    }
  }

  async function collect(): Promise<void> {
    for await (const result of parsers.results) {
      parsers.seen(result)
      if ('problem' in result) await settleFailure(result.url, new PageError('parse', result.problem))
      else await settlePage(result)
    }
  }

  async function settlePage(page: Exclude<ParseResult, { problem: string }>): Promise<void> {
    const { url, status, bytes, fetchMs, parseMs, thread } = page
    const { title, words, linkCount, links, badLinks } = page.text
    for (const [href, times] of badLinks) {
      if (frontier.badLink(href, times)) await countFailure(href, new PageError('bad-url', 'is no address'), url)
    }
    frontier.page(url, links)
    await observer.record({
      url,
      status,
      title,
      words,
      links: linkCount,
      bytes,
      fetchMs: tenths(fetchMs),
      parseMs: tenths(parseMs),
      thread: thread + 1,
    })
    observer.progress(frontier.settled, frontier.known)
  }

  async function settleFailure(url: string, error: PageError): Promise<void> {
    await countFailure(url, error, frontier.from(url))
    frontier.failed(url, error)
    observer.progress(frontier.settled, frontier.known)
  }

  async function countFailure(url: string, error: PageError, from: string | undefined): Promise<void> {
    {
      using all = await stats.lock()
      all.value = afterFailure(all.value, error.kind)
    }
    await observer.record({ url, error: error.kind, message: error.message, from })
  }

  // The first error ends the other parts in order, and the crawl throws it.
  const guarded = async (part: () => Promise<void>): Promise<void> => {
    try {
      await part()
    } catch (error) {
      failures.abort(error)
    }
  }
  const collector = task.spawn(() => guarded(collect))
  const joined = guarded(() => parsers.join())
  const fetchers = Array.from({ length: options.concurrency }, () => task.spawn(() => guarded(fetchPages)))
  for (const fetcher of fetchers) await fetcher.join()
  parsers.finish()
  await joined
  await collector.join()
  if (failures.signal.aborted) throw failures.signal.reason

  using all = await stats.lock()
  return {
    stats: all.value,
    brokenLinks: frontier.brokenLinks(),
    elapsedMs: performance.now() - start,
    stopped: stop.aborted,
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}
