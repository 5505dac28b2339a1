/** Sending while the heap is full: the send throws, and every message that was sent arrives. */
import assert from 'node:assert/strict'
import { test } from 'node:test'

process.env.FEARLESS_HEAP_MB = '8'
const { drop, mpsc } = await import('fearless')
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 30_000 }

test('a send into a full heap throws HeapFullError, and no message is lost', limit, () => {
  for (const make of [
    (i: number) => i,
    (i: number) => `text ${i}`,
    (i: number) => ({ i, fill: 'x'.repeat(i % 500) }),
    (i: number) => new Uint8Array(20_000).fill(i),
  ]) {
    const [tx, rx] = mpsc.channel<unknown>()
    let sent = 0
    let refused: unknown
    assert.throws(
      () => {
        for (;;) {
          refused = make(sent)
          tx.send(refused as never)
          sent++
        }
      },
      { name: 'HeapFullError', code: 'FL0010' },
    )
    // A refused value was not moved.
    assert.deepEqual(refused, make(sent))
    for (let i = 0; i < sent; i++) assert.deepEqual(rx.recv().try(), make(i))
    assert.equal(rx.recv().try(), undefined)
    tx.send(1 as never)
    assert.equal(rx.recv().try(), 1)
    end(tx)
    end(rx)
  }
})
