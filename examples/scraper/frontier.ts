/**
 * The frontier of the crawl: all discovered addresses, and the next ones to fetch.
 *
 *   queued ──next──> open ──page | failed | redirected──> settled
 *
 * - An address is handed out once, so a page is counted once for all its links.
 * - `#open` counts the addresses that are handed out and not settled. Only they can add new ones, so the crawl is over
 *   when none is open and none is queued.
 * - An address is handed out only while counted and open pages together are within the limit. A failed one is not
 *   counted.
 * - Only the main thread uses it, and all methods except `next` are synchronous.
 */
import { PageError } from './failure.ts'
import { originOf } from './address.ts'

const MAX_HOPS = 10

type Entry = {
  links: number
  readonly from: string | undefined
  readonly hops: number
  settled: boolean
  /** Set if a link to this address fails for a reason that its author could repair. */
  broken: boolean
  to: string | undefined
}

export type FrontierOptions = {
  readonly starts: readonly string[]
  readonly maxPages: number
  readonly sameOrigin: boolean
}

export class Frontier {
  readonly #entries = new Map<string, Entry>()
  readonly #order: string[] = []
  readonly #origins: ReadonlySet<string> | undefined
  readonly #maxPages: number
  readonly #waiting: ((url: string | undefined) => void)[] = []
  #next = 0
  #open = 0
  #pages = 0
  #settled = 0
  #stopped = false
  #badLinks = 0
  readonly #badSeen = new Set<string>()

  constructor(options: FrontierOptions) {
    this.#maxPages = options.maxPages
    this.#origins = options.sameOrigin ? new Set(options.starts.map(originOf)) : undefined
    for (const url of options.starts) this.#meet(url, undefined, 0)
  }

  /** The numbers of known and of settled addresses. */
  get known(): number {
    return this.#entries.size
  }
  get settled(): number {
    return this.#settled
  }

  /** Returns the next address to fetch, or undefined at the end. Waits while an open page may add addresses. */
  next(): Promise<string | undefined> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#serve()
    })
  }

  /** Returns the origin of an address: the first page with a link, or the address that redirects to it. */
  from(url: string): string | undefined {
    return this.#entries.get(url)?.from
  }

  page(url: string, links: ReadonlyMap<string, number>): void {
    for (const [target, times] of links) {
      const entry = this.#meet(target, url, 0)
      if (entry !== undefined) entry.links += times
    }
    this.#pages += 1
    this.#settle(url)
  }

  /** Counts links that are no addresses. Returns true for the first occurrence. */
  badLink(href: string, times: number): boolean {
    this.#badLinks += times
    const isNew = !this.#badSeen.has(href)
    this.#badSeen.add(href)
    return isNew
  }

  failed(url: string, error: PageError): void {
    this.#entries.get(url)!.broken = error.breaksLinks
    this.#settle(url)
  }

  /** Records a redirect. Throws a `PageError`, and leaves `url` open, if the redirects form a cycle or are too many. */
  redirected(url: string, to: string): void {
    const entry = this.#entries.get(url)!
    for (let at: string | undefined = to; at !== undefined; at = this.#entries.get(at)?.to) {
      if (at === url) throw new PageError('redirects', 'redirects back to itself')
    }
    if (entry.hops === MAX_HOPS) throw new PageError('redirects', `more than ${MAX_HOPS} redirects in a row`)
    this.#meet(to, url, entry.hops + 1)
    entry.to = to
    this.#settle(url)
  }

  /** Ends the crawl: `next` returns undefined, also to waiting fetch tasks. */
  stop(): void {
    this.#stopped = true
    this.#serve()
  }

  /** Counts link occurrences whose target, behind all redirects, is broken. The order of arrival does not matter. */
  brokenLinks(): number {
    let broken = this.#badLinks
    for (const entry of this.#entries.values()) {
      let end: Entry | undefined = entry
      // Terminates, because `redirected` never closes a cycle.
      while (end?.to !== undefined) end = this.#entries.get(end.to)
      if (end?.broken === true) broken += entry.links
    }
    return broken
  }

  #meet(url: string, from: string | undefined, hops: number): Entry | undefined {
    const known = this.#entries.get(url)
    if (known !== undefined) return known
    if (this.#origins !== undefined && !this.#origins.has(originOf(url))) return undefined
    const entry: Entry = { links: 0, from, hops, settled: false, broken: false, to: undefined }
    this.#entries.set(url, entry)
    this.#order.push(url)
    return entry
  }

  #settle(url: string): void {
    const entry = this.#entries.get(url)!
    if (entry.settled) throw new Error(`${url} was settled twice`)
    entry.settled = true
    this.#settled += 1
    this.#open -= 1
    this.#serve()
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const full = this.#pages + this.#open >= this.#maxPages
      if (!this.#stopped && !full && this.#next < this.#order.length) {
        this.#open += 1
        this.#waiting.shift()!(this.#order[this.#next++])
      } else if (this.#stopped || this.#open === 0) {
        for (const resolve of this.#waiting.splice(0)) resolve(undefined)
      } else {
        return
      }
    }
  }
}
