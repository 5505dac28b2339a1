/**
 * Values of the platform in messages. Tries each value, and compares the result with the table of docs/differences.md.
 *
 *   UPDATE_DOCS=1 node --test ...        writes the table
 */
import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync, KeyObject } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { BlockList, SocketAddress } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { move, mpsc, NotSendError, thread, unsafeShared, type UnsafeShared } from 'fearless'

const WASM = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])

const VALUES: Readonly<Record<string, () => unknown>> = {
  'a sparse array': () => Object.assign(Array.from({ length: 0 }), { length: 3 }),
  'an array with further properties': () => Object.assign([1], { more: 2 }),
  'a resizable `ArrayBuffer`': () => new ArrayBuffer(8, { maxByteLength: 16 }),
  'a `subarray`': () => new Uint8Array(8).subarray(2, 4),
  'a `Buffer`': () => Buffer.from('abc'),
  'a `DOMException`': () => new DOMException('stopped', 'AbortError'),
  'a `MessagePort`': () => new MessageChannel().port1,
  'a `ReadableStream`': () => new ReadableStream(),
  'a `WritableStream`': () => new WritableStream(),
  'a `TransformStream`': () => new TransformStream(),
  'a `Blob`': () => new Blob(['text']),
  'a `File`': () => new File(['text'], 'name.txt'),
  'a `FileHandle`': () => open(import.meta.filename),
  'a `WebAssembly.Module`': () => new WebAssembly.Module(WASM),
  'a shared `WebAssembly.Memory`': () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }),
  'a `SharedArrayBuffer`': () => new SharedArrayBuffer(8),
  'a `SharedArrayBuffer` in `unsafeShared`': () => unsafeShared(new SharedArrayBuffer(8)),
  'a `CryptoKey`': () => crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']),
  'a `KeyObject`': () => createSecretKey(Buffer.from('0123456789abcdef')),
  'a `BlockList`': () => new BlockList(),
  'a `SocketAddress`': () => new SocketAddress({}),
  'a `PerformanceMark`': () => performance.mark('here'),
  'an `AbortSignal`': () => new AbortController().signal,
  'a `URL`': () => new URL('file:///'),
  'a `URLSearchParams`': () => new URLSearchParams('a=1'),
  'a `Headers`': () => new Headers(),
  'a `FormData`': () => new FormData(),
}

/** Returns the outcome of the platform's structured clone. */
async function clone(value: unknown): Promise<string> {
  try {
    structuredClone(value)
    return 'copied'
  } catch {
    try {
      const copy: unknown = structuredClone(value, { transfer: [value as Transferable] })
      // A file that the collector closes is an error.
      if (copy?.constructor.name === 'FileHandle') await (copy as FileHandle).close()
      return 'transferred'
    } catch {
      return 'refused'
    }
  }
}

async function send(value: unknown): Promise<string> {
  const kind = Object.prototype.toString.call(value)
  const [tx, rx] = mpsc.channel<object>()
  try {
    tx.send(value as never)
  } catch (error) {
    return `refused: ${(error as Error).message.replace(/^[^]*? cannot be sent between threads\. /, '')}`
  }
  assert.equal(Object.prototype.toString.call(await rx.recv()), kind)
  return 'sent'
}

test('the table of platform values has the present results', { timeout: 30_000 }, async () => {
  const rows: string[] = []
  for (const [name, make] of Object.entries(VALUES)) {
    const value = await make()
    const sent = await send(value)
    const another = sent === 'sent' ? await make() : value
    rows.push(`| ${name} | ${await clone(another)} | ${sent} |`)
  }
  const table = ['| value | structured clone | here |', '| --- | --- | --- |', ...rows].join('\n')
  const page = join(import.meta.dirname, '../../../../../docs/differences.md')
  const text = readFileSync(page, 'utf8')
  const marked = /(<!-- values:start -->\n)[^]*?(\n<!-- values:end -->)/
  if (process.env.UPDATE_DOCS !== undefined) writeFileSync(page, text.replace(marked, `$1${table}$2`))
  else assert.equal(marked.exec(text)?.[0], `<!-- values:start -->\n${table}\n<!-- values:end -->`)
})

/** Sends a value to a thread and back. */
async function through<T>(value: T): Promise<T> {
  return (await (thread.spawn as (f: (v: unknown) => unknown, v: unknown) => PromiseLike<unknown>)(v => v, value)) as T
}

test('objects of the platform that consist of data arrive equal', { timeout: 30_000 }, async () => {
  const url = await through(new URL('https://user:pw@example.org:81/a%20b?x=1#end'))
  assert.deepEqual([url instanceof URL, url.href], [true, 'https://user:pw@example.org:81/a%20b?x=1#end'])
  assert.equal((await through(new URLSearchParams('a=1&a=%26&b='))).toString(), 'a=1&a=%26&b=')
  const headers = new Headers([
    ['Set-Cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['X-Other', 'c'],
  ])
  const entries = [...headers]
  const received = await through(headers)
  assert.deepEqual([...received], entries)
  assert.deepEqual(received.getSetCookie(), ['a=1', 'b=2'])
  const form = new FormData()
  form.append('a', '1')
  form.append('a', '2')
  assert.deepEqual((await through(form)).getAll('a'), ['1', '2'])
  const mark = performance.mark('here', { startTime: 5, detail: { step: 1 } })
  const { name, startTime, detail } = await through(mark)
  assert.deepEqual([name, startTime, detail], ['here', 5, { step: 1 }])
  const address = new SocketAddress({ address: '::1', port: 80, family: 'ipv6', flowlabel: 7 })
  const parts = [address.address, address.port, address.family, address.flowlabel]
  const copy = await through(address)
  assert.deepEqual([copy.address, copy.port, copy.family, copy.flowlabel], parts)
})

test('a BlockList arrives with its rules in their order', { timeout: 30_000 }, async () => {
  const list = new BlockList()
  list.addAddress('1.2.3.4')
  list.addRange('10.0.0.1', '10.0.0.9')
  list.addSubnet('8592:757c:efae:4e45::', 64, 'ipv6')
  list.addAddress('::1', 'ipv6')
  const { rules } = list
  const received = await through(list)
  assert.deepEqual(received.rules, rules)
  assert.deepEqual(
    ['1.2.3.4', '10.0.0.5', '10.0.0.10'].map(address => received.check(address)),
    [true, true, false],
  )
  assert.equal(received.check('8592:757c:efae:4e45:1::', 'ipv6'), true)
})

test('keys of all kinds arrive equal', { timeout: 30_000 }, async () => {
  const pairs = [
    generateKeyPairSync('ed25519'),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('rsa-pss', { modulusLength: 1024, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256' }),
  ]
  const keys = [
    createSecretKey(Buffer.from('0123456789abcdef')),
    ...pairs.flatMap(({ publicKey, privateKey }) => [publicKey, privateKey]),
  ]
  for (const key of keys) {
    const { type, asymmetricKeyDetails } = key
    const again = structuredClone(key)
    const received = await through(key)
    assert.ok(received instanceof KeyObject)
    assert.equal(received.type, type)
    assert.deepEqual(received.asymmetricKeyDetails, asymmetricKeyDetails)
    assert.ok(received.equals(again))
  }
})

test('a part of a platform object that cannot be sent is refused, and so is an object that only looks like one', () => {
  const form = new FormData()
  form.append('file', new Blob(['text']))
  const [tx] = mpsc.channel<unknown>()
  const send = (value: unknown) => () => tx.send(value as never)
  assert.throws(send(form), { name: 'NotSendError', message: /File cannot be sent/ })
  for (const { prototype } of [URL, Headers, BlockList, KeyObject])
    assert.throws(send(Object.create(prototype)), NotSendError)
})

test('the types accept the objects of the platform that are sent, and refuse to share them', () => {
  const [tx] =
    mpsc.channel<[URL, URLSearchParams, Headers, FormData, PerformanceMark, KeyObject, BlockList, SocketAddress]>()
  tx[Symbol.dispose]()
})

test('a `subarray` that is sent leaves its buffer to its siblings', () => {
  const buffer = new ArrayBuffer(8)
  const [first, sibling] = [new Uint8Array(buffer, 0, 4), new Uint8Array(buffer, 4)]
  sibling[0] = 7
  const pooled = Buffer.from('abc')
  const other = new Uint8Array(pooled.buffer)
  const [tx] = mpsc.channel<unknown>()
  tx.send(first as never)
  tx.send(pooled as never)
  assert.deepEqual([sibling[0], sibling.length, buffer.byteLength, other.length > 0], [7, 4, 8, true])
})

test('memory that is marked by unsafeShared is the same memory in every thread', { timeout: 30_000 }, async () => {
  const words = unsafeShared(new Int32Array(new SharedArrayBuffer(16), 4, 2))
  const buffer = unsafeShared(new SharedArrayBuffer(4, { maxByteLength: 8 }))
  const memory = unsafeShared(new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }))
  const [tx, rx] = mpsc.channel<UnsafeShared<Int32Array<SharedArrayBuffer>>>()
  const writer = thread.spawn(
    move(() => {
      Atomics.add(words.value, 0, 7)
      buffer.value.grow(8)
      new Uint8Array(memory.value.buffer)[5] = 9
      const own = unsafeShared(new Int32Array(new SharedArrayBuffer(4)))
      tx.send(own)
      tx.send(words)
      Atomics.wait(own.value, 0, 0, 10_000)
      return own.value[0]
    }),
  )
  const own = rx.recv().wait()
  Atomics.store(own.value, 0, 3)
  Atomics.notify(own.value, 0)
  assert.equal(await writer, 3)
  const again = await rx.recv()
  assert.equal(again.value.buffer, words.value.buffer)
  assert.deepEqual([...words.value], [7, 0])
  assert.deepEqual([again.value.byteOffset, again.value.length], [4, 2])
  assert.equal(buffer.value.byteLength, 8)
  assert.equal(new Uint8Array(memory.value.buffer)[5], 9)
  for (const value of [new ArrayBuffer(4), new Uint8Array(4), {}, new WebAssembly.Memory({ initial: 1 })])
    assert.throws(() => unsafeShared(value), TypeError)
})
