/** Heap reports: every kind of object, a full heap, any calling thread, and concurrent changes by other threads. */
import './small-heap.fixture.ts'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import {
  Arc,
  ArrayQueue,
  AtomicI32,
  ConcurrentMap,
  HeapFullError,
  Mutex,
  OnceLock,
  RwLock,
  SegQueue,
  broadcast,
  drop,
  move,
  mpmc,
  mpsc,
  oneshot,
  thread,
  vec,
  watch,
} from 'fearless'
import { ScratchFolder } from '../../../../scripts/scratch.ts'

const limit = { timeout: 60_000 }
type Thing = Parameters<typeof drop>[0]
type Holder = ReturnType<typeof thread.heapReport>['holders'][number]
const COUNT = 20
const TEXT = 'x'.repeat(10_000)

function of(kind: string, report = thread.heapReport()): Holder | undefined {
  const holders = report.holders.filter(holder => holder.kind === kind)
  return holders.find(({ line }) => line?.includes('heap-report.test.ts') === true) ?? holders[0]
}

/** Creates an object that holds one text of 10,000 characters, or as many bytes. */
const MAKERS: Record<string, { readonly messages?: number; readonly make: () => Thing[] | Promise<Thing[]> }> = {
  channel: {
    messages: 1,
    make() {
      const [tx, rx] = mpsc.channel<string>()
      tx.send(TEXT)
      return [tx, tx.clone(), rx]
    },
  },
  'oneshot channel': {
    messages: 1,
    make() {
      const [tx, rx] = oneshot.channel<string>()
      tx.send(TEXT)
      return [rx]
    },
  },
  'broadcast channel': {
    messages: 1,
    make() {
      const [tx, rx] = broadcast.channel<string>(4)
      tx.send(TEXT)
      return [tx, rx, tx.subscribe()]
    },
  },
  'watch channel': { make: () => watch.channel(TEXT) },
  SegQueue: {
    messages: 1,
    make() {
      const queue = new SegQueue<string>()
      queue.push(TEXT)
      return [queue]
    },
  },
  ArrayQueue: {
    messages: 1,
    make() {
      const queue = new ArrayQueue<string>(2)
      queue.push(TEXT)
      return [queue]
    },
  },
  vec: { make: () => [vec.u8(10_000)] },
  Arc: { make: () => [new Arc({ text: TEXT })] },
  Mutex: { make: () => [new Mutex({ text: TEXT })] },
  RwLock: { make: () => [new RwLock({ text: TEXT })] },
  OnceLock: {
    async make() {
      const lock = new OnceLock<string>()
      await lock.set(TEXT)
      return [lock]
    },
  },
  ConcurrentMap: {
    async make() {
      const map = new ConcurrentMap<string, string>()
      await map.set('key', TEXT)
      return [map]
    },
  },
}

for (const [kind, { messages, make }] of Object.entries(MAKERS)) {
  test(`objects of the kind "${kind}" are reported with their line, count and bytes`, limit, async () => {
    const things: Thing[] = []
    for (let i = 0; i < COUNT; i++) things.push(...(await make()))
    const found = of(kind)
    assert.ok(found !== undefined, String(thread.heapReport()))
    assert.match(found.line ?? '', /heap-report\.test\.ts:\d+:\d+$/)
    assert.equal(found.count, COUNT)
    assert.equal(found.messages, messages === undefined ? undefined : COUNT * messages)
    assert.ok(found.bytes > COUNT * 10_000 && found.bytes < COUNT * 20_000, `${found.bytes} bytes`)
    // Another thread, which has not created the objects, reports the same.
    const seen = await thread.spawn(
      move(() => {
        const { holders } = thread.heapReport()
        return holders.filter(holder => holder.kind === kind).reduce((sum, { count }) => sum + count, 0)
      }),
    )
    assert.equal(seen, COUNT)
    for (const thing of things) drop(thing)
    assert.equal(of(kind), undefined)
  })
}

test('the totals of a report add up and its table names each holder', limit, () => {
  const kept = [100_000, 50_000].map(length => vec.f64(length))
  const report = thread.heapReport()
  assert.equal(report.bytes, 16 * 2 ** 20)
  assert.ok(report.used + report.free + report.reserve <= report.bytes)
  assert.ok(report.used >= 1_200_000 && report.used < 2_500_000, `${report.used} bytes in use`)
  assert.deepEqual(
    report.holders.map(({ bytes }) => bytes),
    report.holders.map(({ bytes }) => bytes).sort((a, b) => b - a),
  )
  assert.match(String(report), /^The shared heap has 16\.0 MiB: 1\.\d MiB in use/)
  assert.match(String(report), /^ +1\.2 MiB {2}2 vecs made at \S*heap-report\.test\.ts:\d+:\d+$/m)
  for (const numbers of kept) drop(numbers)
})

test('the bytes of many messages are estimated and their count is exact', limit, () => {
  const [tx, rx] = mpmc.channel<string>()
  for (let i = 0; i < 5000; i++) tx.send('y'.repeat(500 + (i % 100)))
  const found = of('channel')
  assert.equal(found?.messages, 5000)
  assert.ok(found.bytes > 5000 * 550 && found.bytes < 5000 * 900, `${found.bytes} bytes`)
  drop(tx)
  drop(rx)
})

test('a HeapFullError names the largest holder with its line and a repair', limit, () => {
  const [tx, rx] = mpsc.channel<string>()
  const fill = (): void => {
    for (;;) tx.send('z'.repeat(20_000))
  }
  assert.throws(fill, (error: unknown) => {
    assert.ok(error instanceof HeapFullError)
    assert.match(
      error.message,
      /^The shared heap of 16 MiB has no room for \d+ bytes more\. It holds 1\d\.\d MiB in 1 channel made at \S*heap-report\.test\.ts:\d+:\d+, \d{3} messages\. Bound the channel \(`mpsc\.channel\(1000\)`\), or receive faster, or raise FEARLESS_HEAP_MB/,
    )
    return true
  })
  const started = performance.now()
  for (let i = 0; i < 2000; i++) assert.throws(fill, HeapFullError)
  assert.ok(performance.now() - started < 5000, 'each error visits the whole heap')
  drop(tx)
  drop(rx)
})

test('a report made while threads create, send and drop objects returns plausible numbers', limit, async () => {
  const over = new AtomicI32(0)
  const [tx, rx] = mpsc.channel<string>(64)
  const map = new ConcurrentMap<number, string>()
  const threads = [
    thread.spawn(
      move(() => {
        for (let i = 0; over.load() === 0; i++) tx.send('x'.repeat((i * 7919) % 30_000)).wait()
      }),
    ),
    thread.spawn(
      move(() => {
        let got = 0
        for (const text of rx) got += text.length
        return got
      }),
    ),
    thread.spawn(
      move(() => {
        for (let i = 0; over.load() === 0; i++) {
          map.set(i % 500, 'v'.repeat(i % 300)).wait()
          if (i % 3 === 0) map.remove((i * 7) % 500).wait()
          drop(new Mutex({ text: 'm'.repeat(i % 3000) }))
          drop(vec.u8(1 + (i % 20_000)))
        }
      }),
    ),
  ]
  const end = performance.now() + 2000
  let reports = 0
  while (performance.now() < end) {
    const { holders, bytes } = thread.heapReport()
    for (const holder of holders) {
      assert.ok(holder.bytes > 0 && holder.bytes < bytes, `${holder.kind}: ${holder.bytes} bytes`)
      assert.ok(holder.count > 0)
    }
    if (++reports % 50 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  over.store(1)
  await Promise.all(threads)
  assert.ok(reports > 100)
})

test('a report without development checks has kinds and no lines', limit, () => {
  using scratch = new ScratchFolder()
  const file = scratch.write(
    'app.ts',
    `import { HeapFullError, mpsc, thread } from 'fearless'
const [tx] = mpsc.channel<string>()
try {
  for (;;) tx.send('x'.repeat(10_000))
} catch (error) {
  if (!(error instanceof HeapFullError)) throw error
  console.log(error.message)
}
const [first] = thread.heapReport().holders
console.log(first.kind, first.line, first.count)
`,
  )
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', '@fearless/compiler/register', file], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_ENV: 'production' },
  })
  assert.match(stdout, /It holds 1\d\.\d MiB in 1 channel, 1,\d{3} messages\. .*\nchannel undefined 1\n$/, stderr)
})
