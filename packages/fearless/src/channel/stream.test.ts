/** Channels beside async iterators and `ReadableStream`s, in both directions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClosedError, drop, mpmc, mpsc, thread, move, type Receiver } from 'fearless'

const limit = { timeout: 30_000 }

/** Creates a stream through the platform, because not every version of its types declares `from`. */
function streamOf(source: AsyncIterable<number>): ReadableStream<number> {
  return (ReadableStream as unknown as { from(source: AsyncIterable<number>): ReadableStream<number> }).from(source)
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = []
  for await (const value of source) got.push(value)
  return got
}

test(
  'every value of an array, a generator, an async generator, a stream and a receiver arrives in order',
  limit,
  async () => {
    async function* later() {
      for (let i = 0; i < 5; i++) {
        await thread.yieldNow()
        yield i
      }
    }
    const [other, otherRx] = mpsc.channel<number>()
    for (let i = 0; i < 5; i++) other.send(i)
    drop(other)
    const sources = [[0, 1, 2, 3, 4], new Set([0, 1, 2, 3, 4]), later(), streamOf(later()), otherRx]
    for (const source of sources) {
      const [tx, rx] = mpsc.channel<number>()
      await tx.sendAll(source)
      drop(tx)
      assert.deepEqual(await all(rx), [0, 1, 2, 3, 4])
    }
  },
)

test('a bounded channel reads the next value of a source only when there is room', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(2)
  let made = 0
  function* numbers() {
    while (made < 100) yield made++
  }
  const sending = tx.sendAll(numbers()).then(() => drop(tx))
  for (let i = 0; i < 100; i++) {
    assert.equal(await rx.recv(), i)
    assert.ok(made <= i + 5, `${made} were made when ${i} was received`)
  }
  await sending
  assert.throws(() => rx.recv().try(), ClosedError)
})

test('a source of any kind is closed when the receiver is dropped', limit, async () => {
  let ended = ''
  async function* endless() {
    try {
      for (let i = 0; ; i++) yield i
    } finally {
      ended += 'generator '
    }
  }
  const cancelled = () =>
    new ReadableStream<number>({
      pull: controller => controller.enqueue(1),
      cancel: () => void (ended += 'stream '),
    })
  // As on a platform whose streams are not async iterable.
  const plain = cancelled()
  const bare = { getReader: () => plain.getReader() } as ReadableStream<number>
  for (const source of [endless(), cancelled(), bare]) {
    const [tx, rx] = mpmc.channel<number>(1)
    const failed = assert.rejects(tx.sendAll(source), ClosedError)
    await rx.recv()
    drop(rx)
    await failed
  }
  assert.equal(ended, 'generator stream stream ')
  const [tx] = mpsc.channel<number>()
  async function* broken() {
    yield 1
    throw new Error('broken source')
  }
  await assert.rejects(tx.sendAll(broken()), /broken source/)
})

test(
  'a receiver as a stream returns every message, receives on read only, and ends with the senders',
  limit,
  async () => {
    const [tx, rx] = mpsc.channel<string>(4)
    thread.spawn(
      move(() => {
        for (const word of ['a', 'b', 'c', 'd', 'e', 'f']) tx.send(word).wait()
      }),
    )
    const upper = new TransformStream<string, string>({ transform: (word, out) => out.enqueue(word.toUpperCase()) })
    assert.equal((await all(rx.stream().pipeThrough(upper))).join(''), 'ABCDEF')

    const [free, freeRx] = mpmc.channel<number>()
    for (let i = 0; i < 3; i++) free.send(i)
    const reader = freeRx.clone().stream().getReader()
    assert.equal(freeRx.length, 3)
    assert.deepEqual(await reader.read(), { done: false, value: 0 })
    assert.equal(freeRx.length, 2)
    // Received by another receiver of the channel.
    assert.equal(freeRx.recv().try(), 1)
    const pending = reader.read()
    assert.deepEqual(await pending, { done: false, value: 2 })
  },
)

test('cancelling a stream drops the receiver, even during a read, and an error reaches the reader', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const reader = rx.stream().getReader()
  const pending = reader.read()
  await reader.cancel()
  assert.equal((await pending).done, true)
  assert.throws(() => tx.send(1), ClosedError)
  assert.throws(() => rx.recv().try(), { name: 'DroppedError' })

  const gone: Receiver<number> = mpsc.channel<number>()[1]
  const stream = gone.stream()
  drop(gone)
  await assert.rejects(stream.getReader().read(), { name: 'DroppedError' })
})
