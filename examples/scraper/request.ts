/**
 * One HTTP request with a time limit, which also covers the body.
 *
 * In every case the timer is cleared, and no listener stays on `stop`, which lives as long as the crawl. Throws a
 * `PageError` for a failure of the network, and `stop.reason` after a stop.
 */
import { networkFailure, PageError } from './failure.ts'

export const AGENT = 'fearless-scraper'
const USER_AGENT = `${AGENT}/0.1 (+https://www.npmjs.com/package/fearless)`

export type RequestOptions = {
  readonly timeoutMs: number
  readonly redirect: 'manual' | 'follow'
  readonly accept: string
}

export async function request<T>(
  url: string,
  options: RequestOptions,
  stop: AbortSignal,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  stop.throwIfAborted()
  const cancel = new AbortController()
  const late = new PageError('timeout', `no complete answer within ${options.timeoutMs} ms`)
  const timer = setTimeout(() => cancel.abort(late), options.timeoutMs)
  const onStop = (): void => cancel.abort(stop.reason)
  stop.addEventListener('abort', onStop)
  try {
    const response = await fetch(url, {
      signal: cancel.signal,
      redirect: options.redirect,
      headers: { accept: options.accept, 'user-agent': USER_AGENT },
    })
    return await read(response)
  } catch (thrown) {
    if (stop.aborted) throw stop.reason
    throw cancel.signal.aborted ? late : networkFailure(thrown)
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', onStop)
    // Frees the connection if `read` returned before the end of the body; after the end it has no effect.
    cancel.abort()
  }
}

/** Returns the whole body. Throws as soon as it is longer than `maxBytes`. */
export async function readBytes(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLong = (): PageError => new PageError('too-long', `longer than ${maxBytes} bytes`)
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) throw tooLong()
  if (response.body === null) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = response.body.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.byteLength
    if (length > maxBytes) throw tooLong()
    chunks.push(part.value)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}
