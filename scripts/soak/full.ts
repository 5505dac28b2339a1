/**
 * Fills the heap again and again, for an hour: senders that back off, receivers that start late, and beside them
 * threads, locks, single messages and vecs that get `HeapFullError`, too. Every message arrives once, in order and
 * undamaged. Every operation that was not refused is counted. After each round the heap is as it was before, and serves
 * every size again.
 */
import assert from 'node:assert/strict'
import {
  Arc,
  AtomicI32,
  HeapFullError,
  Mutex,
  drop,
  move,
  mpmc,
  mpsc,
  oneshot,
  sleep,
  thread,
  vec,
  type JoinHandle,
  type Receiver,
  type SharedReceiver,
} from 'fearless'
import { MemoryWatch } from './heap.ts'

const SECONDS = 3600
const SENDERS = 2
/** Rounds until caches, code and workers are allocated. */
const WARM = 5
/** Sizes of messages, in characters: each round uses one of them, or all. */
const SIZES = [1, 60, 500, 3000, 9000, 40_000, 200_000]
/** The size of the heap: each round sends several times as much. */
const HEAP = 16 * 2 ** 20

/** A text of this length with the number of its sender and its own number. */
const textOf = (from: number, n: number, length: number): string => `${from} ${n} `.padEnd(length, 'x')

export async function full(scale: number, say: (text: string) => void): Promise<void> {
  const end = performance.now() + SECONDS * scale * 1000
  const watched = new MemoryWatch()
  const totals = { messages: 0, refused: 0, beside: 0, besideRefused: 0 }
  let round = 0
  for (; round <= WARM || performance.now() < end; round++) {
    await fill(round, totals)
    await asNew(round)
    say(
      `round ${round + 1}, ${totals.messages.toLocaleString('en')} messages (${totals.refused} times refused), ` +
        `${totals.beside.toLocaleString('en')} operations beside (${totals.besideRefused}), ${watched.sample()}`,
    )
  }
  assert.ok(totals.refused > round, 'the heap was full in too few rounds')
  watched.assertFlat(WARM, 64 * 1024, 64 * 2 ** 20)
}

interface Totals {
  messages: number
  refused: number
  beside: number
  besideRefused: number
}

async function fill(round: number, totals: Totals): Promise<void> {
  const size = SIZES[round % (SIZES.length + 1)]
  const average = size ?? SIZES.reduce((sum, each) => sum + each, 0) / SIZES.length
  const each = Math.min(30_000, Math.max(60, Math.ceil((3 * HEAP) / (average + 48) / SENDERS)))
  const sizes = size === undefined ? SIZES : [size]
  const [tx, rx] = round % 2 === 0 ? mpsc.channel<string>() : mpmc.channel<string>()
  const refused = new AtomicI32(0)
  const isOver = new AtomicI32(0)
  const senders = Array.from({ length: SENDERS }, (_, from) => {
    const mine = tx.clone()
    const own = [...sizes]
    return thread.spawn(
      move(async () => {
        for (let n = 0; n < each; n++) {
          const text = textOf(from, n, own[n % own.length])
          for (;;) {
            try {
              mine.send(text)
              break
            } catch (error) {
              if (!(error instanceof HeapFullError)) throw error
              refused.fetchAdd(1)
              await sleep(1)
            }
          }
        }
      }),
    )
  })
  drop(tx)
  const beside = besides(isOver)
  // The receiver starts when the heap is full, or when all messages were sent.
  while (refused.load() === 0 && !senders.every(sender => sender.isFinished())) await sleep(1)
  totals.messages += await receive(rx, each, sizes)
  for (const sender of senders) await sender
  isOver.store(1)
  for (const handle of beside) {
    const [done, failed] = await handle
    totals.beside += done
    totals.besideRefused += failed
  }
  totals.refused += refused.load()
  drop(refused)
  drop(isOver)
}

async function receive(
  rx: Receiver<string> | SharedReceiver<string>,
  each: number,
  sizes: readonly number[],
): Promise<number> {
  const next = new Array<number>(SENDERS).fill(0)
  for await (const text of rx) {
    const from = Number.parseInt(text)
    const n = next[from]++
    assert.equal(text, textOf(from, n, sizes[n % sizes.length]))
  }
  assert.deepEqual(next, new Array<number>(SENDERS).fill(each))
  drop(rx)
  return each * SENDERS
}

/**
 * Threads that use the full heap for other operations until `isOver`. They return the numbers of completed and of
 * refused operations.
 */
function besides(isOver: AtomicI32): JoinHandle<[number, number]>[] {
  const total = new Arc(new Mutex({ sum: 0, text: '' }))
  const locking = thread.spawn(
    move((): [number, number] => {
      let [done, refused] = [0, 0]
      while (isOver.load() === 0) {
        try {
          total
            .with(v => {
              v.sum += 1
              v.text = 'y'.repeat(v.sum % 300)
            })
            .wait()
          done++
        } catch (error) {
          if (!(error instanceof HeapFullError)) throw error
          refused++
        }
        thread.yieldNow().wait()
      }
      const { sum } = total.with(v => ({ sum: v.sum })).wait()
      if (sum !== done) throw new Error(`the lock was changed ${sum} times, and ${done} times without an error`)
      return [done, refused]
    }),
  )
  const spawning = thread.spawn(
    move(async (): Promise<[number, number]> => {
      let [done, refused] = [0, 0]
      while (isOver.load() === 0) {
        try {
          const [tx, rx] = oneshot.channel<number[]>()
          const n = done
          const handle = thread.spawn(
            move(() => {
              tx.send([n, n + 1])
              return n
            }),
          )
          const [a, b] = await rx.recv()
          if (a !== n || b !== n + 1 || (await handle) !== n) throw new Error('a thread returned a wrong value')
          drop(rx)
          done++
        } catch (error) {
          if (!(error instanceof HeapFullError) && (error as Error).name !== 'ClosedError') throw error
          refused++
          await sleep(1)
        }
      }
      return [done, refused]
    }),
  )
  const holding = thread.spawn(
    move(async (): Promise<[number, number]> => {
      let [done, refused] = [0, 0]
      while (isOver.load() === 0) {
        try {
          using numbers = vec.f64(1000 + (done % 50) * 400)
          numbers.set(0, done)
          if (numbers.get(0) !== done || numbers.get(999) !== 0) throw new Error('a vec contained wrong numbers')
          done++
        } catch (error) {
          if (!(error instanceof HeapFullError)) throw error
          refused++
        }
        await sleep(0)
      }
      return [done, refused]
    }),
  )
  drop(total)
  return [locking, spawning, holding]
}

/** Checks that a heap that was full serves all operations again. */
async function asNew(round: number): Promise<void> {
  assert.equal(await thread.spawn(move(() => round)), round)
  drop(new Arc({ text: 'z'.repeat(HEAP / 8) }))
  const [tx, rx] = mpsc.channel<string>()
  for (let n = 0; n < 1000; n++) tx.send(textOf(0, n, 1000))
  for (let n = 0; n < 1000; n++) assert.equal(rx.recv().try(), textOf(0, n, 1000))
  drop(tx)
  drop(rx)
}
