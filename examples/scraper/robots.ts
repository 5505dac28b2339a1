/**
 * The rules of each site's robots.txt, read once per site (RFC 9309).
 *
 * A missing file (4xx) allows every page. A file that exists but cannot be read (5xx, no connection, too slow) allows
 * no page, because it may forbid all. Requests to a site with a Crawl-delay are that far apart.
 */
import { setTimeout as delay } from 'node:timers/promises'
import robotsParserModule from 'robots-parser'
import type { Robot } from 'robots-parser'
import { originOf } from './address.ts'
import { networkFailure, PageError } from './failure.ts'
import { AGENT, readBytes, request } from './request.ts'

// The package is CommonJS and exports the function itself; its types describe an ES module's default export.
const parseRobots = robotsParserModule as unknown as typeof robotsParserModule.default

const LONGEST_TIMER_MS = 2 ** 31 - 1
const MAX_BYTES = 500 * 1024

type Site = { readonly rules: Robot; readonly delayMs: number; nextAt: number }

export class Robots {
  readonly #sites = new Map<string, Promise<Site>>()
  readonly #timeoutMs: number

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Returns once `url` may be fetched; throws a `PageError` if it may not, or `stop.reason` when stopped. */
  async permit(url: string, stop: AbortSignal): Promise<void> {
    const origin = originOf(url)
    let reading = this.#sites.get(origin)
    if (reading === undefined) this.#sites.set(origin, (reading = this.#read(origin, stop)))
    const site = await reading
    if (site.rules.isDisallowed(url, AGENT) === true) throw new PageError('robots', 'robots.txt does not allow it')
    await turn(site, stop)
  }

  async #read(origin: string, stop: AbortSignal): Promise<Site> {
    const address = `${origin}/robots.txt`
    const options = { timeoutMs: this.#timeoutMs, redirect: 'follow', accept: 'text/plain' } as const
    try {
      const text = await request(address, options, stop, async response => {
        if (response.status >= 500) throw new PageError('robots', `robots.txt answers ${response.status}`)
        return response.ok ? new TextDecoder().decode(await readBytes(response, MAX_BYTES)) : ''
      })
      const rules = parseRobots(address, text)
      return { rules, delayMs: (rules.getCrawlDelay(AGENT) ?? 0) * 1000, nextAt: 0 }
    } catch (thrown) {
      if (stop.aborted) throw thrown
      const failure = networkFailure(thrown)
      throw new PageError(failure.kind, `robots.txt: ${failure.message}`, { cause: thrown })
    }
  }
}

/** Reserves the next time for a request to the site, and waits until then. */
async function turn(site: Site, stop: AbortSignal): Promise<void> {
  if (site.delayMs === 0) return
  const now = performance.now()
  const at = Math.max(now, site.nextAt)
  site.nextAt = at + site.delayMs
  if (at > now) await delay(Math.min(at - now, LONGEST_TIMER_MS), undefined, { signal: stop })
}
