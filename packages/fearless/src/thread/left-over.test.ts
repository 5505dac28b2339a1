/**
 * Handles that a thread leaves, and that no other thread takes over, are dropped: channels close, Arcs lose an owner.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, AtomicI32, ClosedError, drop, move, mpsc, thread, type JoinHandle, type Sender } from 'fearless'

const limit = { timeout: 60_000 }

// The panics of these threads are unjoined on purpose, and must not fail the process; a failing test does.
process.exitCode = 0

type Left = (Sender<number> | Arc<AtomicI32>)[]
type Start = (tx: Sender<number>, arc: Arc<AtomicI32>) => JoinHandle<unknown>

const STARTS: Record<string, Start> = {
  returns: (tx, arc) => thread.spawn(move((): Left => [tx, Arc.clone(arc)])),
  'returns later': (tx, arc) =>
    thread.spawn(
      move(async (): Promise<Left> => {
        await thread.yieldNow()
        return [tx, arc]
      }),
    ),
  throws: (tx, arc) =>
    thread.spawn(
      move(() => {
        throw Object.assign(new Error('with what it had'), { tx, other: Arc.clone(arc) })
      }),
    ),
  'returns what cannot cross': (tx, arc) => thread.spawn(move(() => [tx, Arc.clone(arc), () => 1] as unknown as Left)),
  'throws what cannot cross': (tx, arc) =>
    thread.spawn(
      move(() => {
        throw [tx, Arc.clone(arc), () => 1]
      }),
    ),
  exits: (tx, arc) =>
    thread.spawn(
      move(() => {
        const made = [tx, Arc.clone(arc)]
        process.exit(made.length)
      }),
    ),
}

const finished = async (handle: JoinHandle<unknown>): Promise<void> => {
  while (!handle.isFinished()) await thread.yieldNow()
}

const ENDS: Record<string, (handle: JoinHandle<unknown>) => unknown> = {
  'dropped at once': handle => drop(handle),
  async 'dropped when it has ended'(handle) {
    await finished(handle)
    drop(handle)
  },
  async forgotten(handle) {
    await finished(handle)
  },
  async 'sent to a thread that ignores it'(handle) {
    await thread.spawn(handle => void handle, handle)
  },
}

for (const [how, start] of Object.entries(STARTS)) {
  for (const [end, run] of Object.entries(ENDS)) {
    test(`handles that a thread leaves are dropped if it ${how} and its handle is ${end}`, limit, async () => {
      const [tx, rx] = mpsc.channel<number>()
      const arc = new Arc(new AtomicI32(0))
      await run(start(tx, arc))
      await ended(rx, arc)
    })
  }
}

for (const how of ['returns', 'throws']) {
  test(`handles that a scoped thread leaves are dropped if the body of its scope ${how}`, limit, async () => {
    const [tx, rx] = mpsc.channel<number>()
    const arc = new Arc(new AtomicI32(0))
    const given = tx.clone()
    const inside = (): Promise<void> =>
      thread.scope(async s => {
        const handle = s.spawn(
          (tx: Sender<number>, arc: Arc<AtomicI32>): Left => {
            return [tx, Arc.clone(arc)]
          },
          given,
          arc,
        )
        await finished(handle)
        if (how === 'throws') throw new Error('the body')
      })
    await inside().catch(() => undefined)
    drop(tx)
    drop(given)
    await ended(rx, arc)
  })
}

async function ended(rx: { recv(): { within(ms: number): PromiseLike<number> } }, arc: Arc<AtomicI32>): Promise<void> {
  const collect = (globalThis as { gc?: () => void }).gc
  const timer = setInterval(() => collect?.(), 50)
  try {
    await assert.rejects(async () => rx.recv().within(20_000), ClosedError)
    for (const end = Date.now() + 20_000; Arc.strongCount(arc) !== 1 && Date.now() < end;) await thread.yieldNow()
    assert.equal(Arc.strongCount(arc), 1)
  } finally {
    clearInterval(timer)
  }
}
