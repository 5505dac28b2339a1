/**
 * The reason why a page could not be counted.
 *
 * A failure belongs to one URL and never ends the crawl. A link is broken if it leads to a failure that its author
 * could repair. A picture, an over-long page or a page that robots.txt forbids exists, so links to it are not broken.
 */
export type FailureKind =
  | 'bad-url'
  | 'dns'
  | 'network'
  | 'parse'
  | 'redirects'
  | 'refused'
  | 'robots'
  | 'status'
  | 'timeout'
  | 'too-long'
  | 'type'

const BREAKS_LINKS: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'bad-url',
  'dns',
  'network',
  'redirects',
  'refused',
  'status',
  'timeout',
])

export class PageError extends Error {
  override readonly name = 'PageError'
  readonly kind: FailureKind

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }

  get breaksLinks(): boolean {
    return BREAKS_LINKS.has(this.kind)
  }
}

const KIND_OF_CODE: Readonly<Record<string, FailureKind>> = {
  EAI_AGAIN: 'dns',
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'dns',
  ETIMEDOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
}

/** Converts an error of `fetch` to a failure. Reads the cause, because the error itself only says "fetch failed". */
export function networkFailure(thrown: unknown): PageError {
  if (thrown instanceof PageError) return thrown
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  // fetch refuses ports such as those of mail servers before it opens a connection. That error has no code.
  if (cause instanceof Error && cause.message === 'bad port') {
    return new PageError('bad-url', 'no browser connects to this port', { cause: thrown })
  }
  const text = cause instanceof Error && cause.message !== '' ? cause.message : code
  return new PageError(KIND_OF_CODE[code] ?? 'network', text || String(cause), { cause: thrown })
}
