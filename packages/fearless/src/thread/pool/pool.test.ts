/**
 * The number of workers follows the number of blocked threads, and finished threads leave no worker and no memory
 * behind.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtomicI32, drop, move, mpsc, sleep, thread } from 'fearless'
import {
  HANDLES,
  HANDLE_OWNER,
  HEAP_TOP,
  MAX_SLOTS,
  PARALLELISM,
  SLOTS,
  SLOT_ID,
  SLOT_SIZE,
  WAITERS,
  WAITER_SLOT,
  WORKERS,
  countBlockedWorkers,
  core,
  i32,
} from '../../../dist/internal.js'

// Workers read this variable when they start.
process.env.FEARLESS_IDLE_MS = '300'

const limit = { timeout: 60_000 }
const word = (at: number): number => Atomics.load(i32, at >> 2)
const parallelism = word(PARALLELISM)

function slots(): number {
  let count = 0
  for (let n = 1; n < MAX_SLOTS; n++) if (word(SLOTS + n * SLOT_SIZE + SLOT_ID) !== 0) count++
  return count
}
function used(kind: number, owner: number): number {
  let count = 0
  for (let thing = core.nextObject(kind, 0); thing !== 0; thing = core.nextObject(kind, thing))
    if (word(thing + owner) !== 0) count++
  return count
}
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}

test('short threads start at most two workers beyond the parallelism', limit, async () => {
  for (let i = 0; i < 300; i++) await thread.spawn(() => 1).join()
  assert.ok(word(WORKERS) <= parallelism + 2, `${word(WORKERS)} workers`)
})

test(
  'the workers beyond the parallelism end after 100 threads have blocked at the same time',
  { timeout: 120_000 },
  async t => {
    const started = new AtomicI32(0)
    const start = performance.now()
    const [gates, handles] = [[] as { send(n: number): void }[], [] as { join(): PromiseLike<number> }[]]
    for (let i = 0; i < 100; i++) {
      const [tx, rx] = mpsc.channel<number>()
      gates.push(tx)
      handles.push(
        thread.spawn(
          move(() => {
            started.fetchAdd(1)
            return rx.recv().wait()
          }),
        ),
      )
    }
    await until(() => started.load() === 100)
    t.diagnostic(
      `100 blocked after ${Math.round(performance.now() - start)} ms, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
    )
    assert.ok(word(WORKERS) >= 100)
    gates.forEach((gate, i) => gate.send(i))
    for (let i = 0; i < 100; i++) assert.equal(await handles[i].join(), i)
    await until(() => word(WORKERS) <= parallelism && countBlockedWorkers() === 0)
    await until(() => slots() <= parallelism + 2)
    t.diagnostic(
      `all ended ${Math.round(performance.now() - start)} ms after the start, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
    )
    assert.equal(await thread.spawn(() => 'again').join(), 'again')
  },
)

test('60 computing threads start at most twelve workers beyond the parallelism', limit, async t => {
  const before = word(WORKERS)
  const most = { workers: before }
  const handles = Array.from({ length: 60 }, () =>
    thread.spawn(() => {
      const end = performance.now() + 20
      while (performance.now() < end);
    }),
  )
  for (const handle of handles) {
    await handle.join()
    most.workers = Math.max(most.workers, word(WORKERS))
  }
  t.diagnostic(`at most ${most.workers} workers for 60 threads of 20 ms`)
  assert.ok(most.workers <= parallelism + 12)
})

test('dedicated workers are counted and end with their thread', limit, async () => {
  await until(() => word(WORKERS) <= parallelism)
  const before = word(WORKERS)
  const [tx, rx] = mpsc.channel<number>()
  const handle = thread.builder({ stackSizeMb: 8 }).spawn(move(() => rx.recv().wait()))
  assert.equal(word(WORKERS) >= before, true)
  tx.send(2)
  assert.equal(await handle.join(), 2)
  await until(() => word(WORKERS) <= Math.max(before, parallelism))
})

test('a thread whose worker cannot be started panics', limit, async () => {
  const handle = thread.builder({ stackSizeMb: 1e9 }).spawn(() => 1)
  await assert.rejects(async () => handle.join())
  assert.equal(await thread.spawn(() => 1).join(), 1)
})

test('50,000 joined threads leave no memory, handles or waiters behind', { timeout: 120_000 }, async t => {
  const round = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 100) {
      const handles = Array.from({ length: 100 }, (_, k) =>
        thread.builder({ name: 'n' }).spawn(move(() => [k, 'text'])),
      )
      for (const handle of handles) await handle.join()
      thread
        .spawn((n: number) => n, i)
        .join()
        .wait()
    }
  }
  await round(10_000)
  const [heap, handles, waiters] = [word(HEAP_TOP), used(HANDLES, HANDLE_OWNER), used(WAITERS, WAITER_SLOT)]
  const { rss } = process.memoryUsage()
  const start = performance.now()
  await round(50_000)
  t.diagnostic(`${Math.round(((performance.now() - start) / 50_000) * 1000)} us per thread`)
  assert.ok(word(HEAP_TOP) - heap <= 1 << 20, `the heap grew by ${word(HEAP_TOP) - heap} bytes`)
  assert.ok(used(HANDLES, HANDLE_OWNER) - handles <= 10)
  assert.ok(used(WAITERS, WAITER_SLOT) - waiters <= 4)
  const grown = (process.memoryUsage().rss - rss) / 2 ** 20
  t.diagnostic(`${Math.round(grown)} MiB more`)
  assert.ok(grown < 64, `${grown} MiB`)
})

test('15,000 detached threads leave no memory and no handles behind', limit, async () => {
  const round = async (): Promise<void> => {
    const done = new AtomicI32(0)
    for (let i = 0; i < 5000; i++)
      drop(
        thread.spawn(
          move(() => {
            done.fetchAdd(1)
            return { some: 'result' }
          }),
        ),
      )
    await until(() => done.load() === 5000)
  }
  await round()
  const [heap, handles] = [word(HEAP_TOP), used(HANDLES, HANDLE_OWNER)]
  await round()
  await round()
  await until(() => used(HANDLES, HANDLE_OWNER) - handles <= 10)
  assert.ok(word(HEAP_TOP) - heap <= 1 << 20)
})
