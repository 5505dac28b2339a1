/**
 * Counts the words and links of one page.
 *
 * A pure function from bytes to plain data. Threads import this file, so it must not import network code. Words are the
 * visible text, without scripts, styles, templates and the title. Each occurrence of an `<a href>` or `<area href>`
 * with a web address is a link; `mailto:` and similar addresses are not.
 */
import { Parser } from 'htmlparser2'
import { addressOf } from './address.ts'

export type PageText = {
  readonly title: string
  readonly words: number
  /** The number of links, per occurrence. */
  readonly linkCount: number
  /** The number of links to each address. */
  readonly links: Map<string, number>
  /** The hrefs that are no addresses, with their numbers of occurrences. */
  readonly badLinks: Map<string, number>
}

const UNSEEN: ReadonlySet<string> = new Set(['script', 'style', 'template', 'title'])
const INLINE: ReadonlySet<string> = new Set([
  'a',
  'abbr',
  'b',
  'bdi',
  'bdo',
  'cite',
  'code',
  'data',
  'del',
  'dfn',
  'em',
  'font',
  'i',
  'ins',
  'kbd',
  'mark',
  'q',
  's',
  'samp',
  'small',
  'span',
  'strong',
  'sub',
  'sup',
  'time',
  'tt',
  'u',
  'var',
  'wbr',
])
const WORD = /[\p{L}\p{N}\p{M}]+(?:['’\-_.][\p{L}\p{N}\p{M}]+)*/gu

export function parsePage(url: string, body: Uint8Array, contentType: string): PageText {
  const text: string[] = []
  const hrefs: string[] = []
  let title: string | undefined
  let base = url
  let baseSeen = false
  let unseen = 0
  let inTitle = false

  const parser = new Parser({
    onopentag(name, attributes) {
      // A block ends the word before it; `<b>f</b>oo` is one word.
      if (!INLINE.has(name)) text.push(' ')
      if (name === 'title' && title === undefined) {
        title = ''
        inTitle = true
      }
      if (UNSEEN.has(name)) unseen += 1
      const { href } = attributes
      if (href === undefined || unseen > 0) return
      if (name === 'a' || name === 'area') hrefs.push(href)
      else if (name === 'base' && !baseSeen) {
        baseSeen = true
        if (URL.canParse(href, url)) base = new URL(href, url).href
      }
    },
    ontext(piece) {
      if (inTitle) title += piece
      else if (unseen === 0) text.push(piece)
    },
    onclosetag(name) {
      if (name === 'title') inTitle = false
      if (UNSEEN.has(name)) unseen -= 1
      if (!INLINE.has(name)) text.push(' ')
    },
  })
  parser.end(decode(body, contentType))

  const links = new Map<string, number>()
  const badLinks = new Map<string, number>()
  let linkCount = 0
  for (const href of hrefs) {
    const address = addressOf(href, base)
    if (address.kind !== 'other') linkCount += 1
    if (address.kind === 'web') countIn(links, address.url)
    else if (address.kind === 'bad') countIn(badLinks, href)
  }
  const words = text.join('').match(WORD)?.length ?? 0
  return { title: (title ?? '').replace(/\s+/g, ' ').trim(), words, linkCount, links, badLinks }
}

function countIn(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Returns the encoding of the header, else of a `<meta>` in the first kilobyte, else UTF-8. */
function decode(body: Uint8Array, contentType: string): string {
  const named =
    /charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1] ??
    /<meta[^>]+charset\s*=\s*["']?([^\s"'/>;]+)/i.exec(new TextDecoder('latin1').decode(body.subarray(0, 1024)))?.[1]
  return decoderFor(named ?? 'utf-8').decode(body)
}

function decoderFor(label: string): TextDecoder {
  try {
    return new TextDecoder(label)
  } catch {
    // An unknown label is a mistake of the page. Its ASCII text is still correct as UTF-8.
    return new TextDecoder()
  }
}
