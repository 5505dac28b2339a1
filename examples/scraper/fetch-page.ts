/**
 * Fetches one address. Returns a page, or a redirect to another address.
 *
 * This file does not follow redirects. The crawl treats one as an edge of the graph, so its target is fetched once for
 * all redirects and links, is checked with robots.txt like any other address, and a cycle is detected.
 */
import { addressOf } from './address.ts'
import { PageError } from './failure.ts'
import { readBytes, request } from './request.ts'

export type Fetched =
  | {
      readonly kind: 'page'
      readonly status: number
      readonly contentType: string
      readonly body: Uint8Array<ArrayBuffer>
    }
  | { readonly kind: 'redirect'; readonly to: string }

export type FetchLimits = { readonly timeoutMs: number; readonly maxBytes: number }

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const PAGES: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml'])

export function fetchPage(url: string, limits: FetchLimits, stop: AbortSignal): Promise<Fetched> {
  const options = { timeoutMs: limits.timeoutMs, redirect: 'manual', accept: [...PAGES].join() } as const
  return request(url, options, stop, async (response): Promise<Fetched> => {
    const { status } = response
    if (REDIRECTS.has(status)) return { kind: 'redirect', to: redirectTarget(url, response) }
    if (!response.ok) throw new PageError('status', `${status} ${response.statusText}`.trimEnd())
    const contentType = response.headers.get('content-type') ?? ''
    const type = contentType.split(';', 1)[0]!.trim().toLowerCase()
    if (!PAGES.has(type)) throw new PageError('type', type === '' ? 'no content type' : `${type} is not HTML`)
    return { kind: 'page', status, contentType, body: await readBytes(response, limits.maxBytes) }
  })
}

function redirectTarget(url: string, response: Response): string {
  const location = response.headers.get('location')
  if (location === null) throw new PageError('redirects', `${response.status} without a Location header`)
  const target = addressOf(location, url)
  if (target.kind !== 'web') throw new PageError('bad-url', `redirects to ${location}, which is no web page`)
  return target.url
}
