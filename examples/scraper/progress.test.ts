import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import test from 'node:test'
import { progressOn } from './progress.ts'

class Collector extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk)
    done()
  }
}

test('a pipe gets at most one plain line a second', t => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const stream = new Collector()
  const progress = progressOn(stream)
  for (let i = 0; i <= 25; i++) {
    now = i * 100
    progress.show(i, 100)
  }
  progress.end()
  assert.equal(stream.text, '10 of 100 addresses\n20 of 100 addresses\n')
})

test('a terminal gets a bar, which is removed at the end with the cursor restored', () => {
  const stream = Object.assign(new Collector(), { isTTY: true, columns: 80, rows: 24 })
  const progress = progressOn(stream)
  progress.show(3, 9)
  progress.end()
  progress.end()
  const written = stream.text
  assert.match(written, /of \d+ addresses/)
  assert(written.lastIndexOf('\x1b[?25h') > written.lastIndexOf('\x1b[?25l'))
})
