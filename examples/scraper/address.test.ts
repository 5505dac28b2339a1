import assert from 'node:assert/strict'
import test from 'node:test'
import { addressOf, originOf } from './address.ts'

const urlOf = (href: string, base?: string): string => {
  const address = addressOf(href, base)
  return address.kind === 'web' ? address.url : address.kind
}

test('two spellings of one page are one address', () => {
  for (const [href, url] of [
    ['http://Example.COM', 'http://example.com/'],
    ['http://example.com:80/a', 'http://example.com/a'],
    ['https://example.com:443/a', 'https://example.com/a'],
    ['http://example.com/a#part', 'http://example.com/a'],
    ['http://example.com/a?#part', 'http://example.com/a'],
    ['http://example.com/a/../b/./c', 'http://example.com/b/c'],
    ['http://example.com/%7euser/%c3%a9', 'http://example.com/~user/%C3%A9'],
    ['http://example.com/é', 'http://example.com/%C3%A9'],
    [' http://example.com/a\n', 'http://example.com/a'],
  ] as const)
    assert.equal(urlOf(href), url, href)
})

test('spellings that a server may distinguish stay different', () => {
  assert.notEqual(urlOf('http://a.example/x'), urlOf('http://a.example/x/'))
  assert.notEqual(urlOf('http://a.example/?a=1&b=2'), urlOf('http://a.example/?b=2&a=1'))
  assert.notEqual(urlOf('http://a.example/X'), urlOf('http://a.example/x'))
  assert.notEqual(urlOf('http://a.example/%2F'), urlOf('http://a.example//'))
})

test('a normal address does not change', () => {
  for (const href of ['http://a.example/%257e', 'https://a.example:8443/x?y=%2F']) assert.equal(urlOf(href), href)
})

test('relative addresses are resolved', () => {
  assert.equal(urlOf('../c?d#e', 'http://a.example/x/y/z'), 'http://a.example/x/c?d')
  assert.equal(urlOf('', 'http://a.example/x?y'), 'http://a.example/x?y')
  assert.equal(urlOf('//b.example', 'https://a.example/'), 'https://b.example/')
})

test('an address of no web page is distinguished from text that is no address', () => {
  for (const href of ['mailto:a@b.example', 'javascript:void 0', 'data:,x', 'ftp://a.example/']) {
    assert.equal(urlOf(href, 'http://a.example/'), 'other', href)
  }
  for (const href of ['http://', 'http://[oops', 'http://a.example:99999/', 'http://me:secret@a.example/']) {
    assert.equal(urlOf(href, 'http://a.example/'), 'bad', href)
  }
})

test('the origin contains the port', () => {
  assert.equal(originOf('http://a.example:8080/x'), 'http://a.example:8080')
})
