/**
 * Normalised addresses: two spellings of one page give the same string (RFC 3986, 6.2.2).
 *
 * The fragment, an empty query and the default port are removed. Host and percent escapes have one case, and a
 * character that needs no escape has none. The order of a query's parameters is kept, because a server may distinguish
 * them.
 */
export type Address =
  { readonly kind: 'web'; readonly url: string } | { readonly kind: 'other' } | { readonly kind: 'bad' }

const OTHER: Address = { kind: 'other' }
const BAD: Address = { kind: 'bad' }

export function addressOf(href: string, base?: string): Address {
  if (!URL.canParse(href, base)) return BAD
  const url = new URL(href, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return OTHER
  // fetch refuses an address that contains a password.
  if (url.username !== '' || url.password !== '') return BAD
  url.hash = ''
  if (url.search === '') url.search = ''
  return { kind: 'web', url: url.href.replace(/%[0-9a-f]{2}/gi, plainest) }
}

export function originOf(url: string): string {
  return new URL(url).origin
}

function plainest(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase()
}
