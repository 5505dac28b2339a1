/**
 * Values of the platform in messages. Tries each value, and compares the result with the table of docs/differences.md.
 *
 *   UPDATE_DOCS=1 node --test ...        writes the table
 */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { BlockList, SocketAddress } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { mpsc } from 'fearless'

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
  'a `CryptoKey`': () => crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']),
  'a `KeyObject`': () => createSecretKey(Buffer.from('0123456789abcdef')),
  'a `BlockList`': () => new BlockList(),
  'a `SocketAddress`': () => new SocketAddress({}),
  'a `PerformanceMark`': () => performance.mark('here'),
  'an `AbortSignal`': () => new AbortController().signal,
  'a `URL`': () => new URL('file:///'),
  'a `Headers`': () => new Headers(),
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
