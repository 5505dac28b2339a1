import assert from 'node:assert/strict'
import test from 'node:test'
import { parsePage } from './parse.ts'

const PAGE = 'http://a.example/dir/page'
const parse = (html: string, type = 'text/html') => parsePage(PAGE, new TextEncoder().encode(html), type)
const wordsOf = (html: string): number => parse(html).words

test('words are the visible text', () => {
  assert.equal(wordsOf('<p>One two three.</p>'), 3)
  assert.equal(wordsOf('<title>not me</title><script>nor me</script><style>nor { me }</style>seen'), 1)
  assert.equal(wordsOf('<template>not <b>me</b></template>seen <!-- not me -->'), 1)
  assert.equal(wordsOf(''), 0)
  assert.equal(wordsOf('— ... !'), 0)
})

test('blocks separate words, inline elements and entities do not', () => {
  assert.equal(wordsOf('<p>one</p><p>two</p>'), 2)
  assert.equal(wordsOf('one<br>two'), 2)
  assert.equal(wordsOf('<b>o</b>ne'), 1)
  assert.equal(wordsOf('caf&eacute;'), 1)
  assert.equal(wordsOf('one&nbsp;two'), 2)
})

test('a name, a contraction and a compound are one word', () => {
  assert.equal(wordsOf("package.json don’t isn't well-kept snake_case"), 5)
})

test('words of other scripts are counted', () => {
  assert.equal(wordsOf('naïve Überraschung слово λόγος'), 4)
})

test('links are counted per occurrence, by normalised address', () => {
  const page = parse('<a href="x#1">1</a><a href="./x#2">2</a><map><area href="/y"></map><a>none</a><link href="/z">')
  assert.equal(page.linkCount, 3)
  assert.deepEqual(
    page.links,
    new Map([
      ['http://a.example/dir/x', 2],
      ['http://a.example/y', 1],
    ]),
  )
})

test('a fragment is a link to the page itself', () => {
  assert.deepEqual(parse('<a href="#top">up</a>').links, new Map([[PAGE, 1]]))
})

test('mail and script addresses are no links, and other text is a bad link', () => {
  const page = parse('<a href="mailto:a@b.example">m</a><a href="javascript:0">j</a><a href="http://[x">b</a>')
  assert.equal(page.linkCount, 1)
  assert.deepEqual(page.badLinks, new Map([['http://[x', 1]]))
})

test('the first base applies to the whole page', () => {
  const page = parse('<a href="before">1</a><base href="/base/"><base href="/other/"><a href="after">2</a>')
  assert.deepEqual([...page.links.keys()], ['http://a.example/base/before', 'http://a.example/base/after'])
})

test('the first title is the title, on one line', () => {
  assert.equal(parse('<title> One\n &amp; two </title><svg><title>a drawing</title></svg>').title, 'One & two')
  assert.equal(parse('<p>none').title, '')
})

test('the encoding comes from the header, else from the page', () => {
  const latin1 = Uint8Array.from(Buffer.from('<title>caf\u00e9</title>', 'latin1'))
  assert.equal(parsePage(PAGE, latin1, 'text/html; charset=ISO-8859-1').title, 'café')
  const named = Uint8Array.from(Buffer.from('<meta charset="latin1"><title>caf\u00e9</title>', 'latin1'))
  assert.equal(parsePage(PAGE, named, 'text/html').title, 'café')
  assert.equal(parse('<title>café</title>', 'text/html; charset=nonsense').title, 'café')
})

test('malformed HTML still parses', () => {
  for (const html of ['<', '<a href="x', '</p></p>', '<script>', '<p <p><a href=x>y', '\0', '<![CDATA[x', '<a href>']) {
    parse(html)
  }
  assert.equal(parse('<p><a href=x>unclosed<p>two').linkCount, 1)
  assert.equal(wordsOf('<script>never ends'), 0)
})
