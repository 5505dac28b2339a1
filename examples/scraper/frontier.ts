/**
 * Every address the crawl has met, and which may be fetched next.
 *
 *   queued ──next──> open ──page | failed | redirected──> settled
 *
 * An address is handed out once, so a page is counted once however often it is linked to. `#open` counts the addresses
 * handed out and not settled: only they can still bring new ones, so with none open and none queued the crawl is over.
 * An address is only handed out while pages counted and open ones together stay within the limit; one that fails gives
 * its place back.
 * Lives on the main thread alone; all its methods but `next` run to their end at once.
 */
import { PageError } from './failure.ts'
import { originOf } from './address.ts'

const MAX_HOPS = 10

type Entry = {
  links: number
  readonly from: string | undefined
  readonly hops: number
  settled: boolean
  /** Set when following a link to this address fails for a reason that its author could mend. */
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

  /** How many addresses are known, and how many of them are done with. */
  get known(): number {
    return this.#entries.size
  }
  get settled(): number {
    return this.#settled
  }

  /** The next address to fetch; undefined when there will be none any more. Waits while an open page may bring some. */
  next(): Promise<string | undefined> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#serve()
    })
  }

  /** Where an address was first met: a page, or the address that redirects to it. */
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

  /** Counts links that lead nowhere because they are no address; true the first time one is met. */
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

  /** Throws a `PageError`, and leaves `url` open, when the redirects run in a circle or on and on. */
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

  /** Nothing more is handed out; whoever waits is told. */
  stop(): void {
    this.#stopped = true
    this.#serve()
  }

  /** Link occurrences whose target, behind all redirects, turned out broken. Order of arrival does not matter. */
  brokenLinks(): number {
    let broken = this.#badLinks
    for (const entry of this.#entries.values()) {
      let end: Entry | undefined = entry
      // Ends: `redirected` never closes a circle.
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
