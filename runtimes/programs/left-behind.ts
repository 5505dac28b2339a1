// Changes that a thread leaves in the process of its worker are not there for the next thread of this worker.
import { AtomicI32, move, thread } from 'fearless'

const ticks = new AtomicI32(0)

interface Seen {
  readonly listeners: number
  readonly global: string
}

const look = (): Promise<Seen> =>
  thread
    .spawn(() => ({
      listeners: process.listenerCount('beforeExit') + process.listenerCount('exit'),
      global: typeof (globalThis as { left?: number }).left,
    }))
    .then(seen => seen)

// Each is a thread that leaves one change. Several threads run one after another without a turn of the worker's event
// loop.
const leave = {
  'an interval': move(() => {
    setInterval(() => ticks.fetchAdd(1), 1)
  }),
  'a timer without a reference': move(() => {
    setInterval(() => ticks.fetchAdd(1), 1).unref()
  }),
  'a timeout': move(() => {
    setTimeout(() => ticks.fetchAdd(1), 30)
  }),
  'a listener': move(() => {
    process.on('beforeExit', () => {})
  }),
  'a second listener': move(() => {
    process.prependListener('exit', () => {})
  }),
  'a global': move(() => {
    // fearless-allow F1006: this program shows that the next thread does not see the change
    ;(globalThis as { left?: number }).left = 1
  }),
}

const before = await look()
for (const [what, f] of Object.entries(leave)) {
  for (let i = 0; i < 3; i++) {
    await thread.spawn(f)
    const seen = JSON.stringify(await look())
    if (seen !== JSON.stringify(before)) console.log(what, seen)
  }
}
const counted = ticks.load()
const later = Array.from({ length: thread.availableParallelism() + 2 }, () =>
  thread.spawn(async () => {
    const end = performance.now() + 80
    while (performance.now() < end) await thread.yieldNow()
  }),
)
for (const handle of later) await handle.join()
console.log(ticks.load() - counted, 'ticks') //=> 0 ticks

// Changes that a thread has undone, or that a module has made for all its threads, do not end the worker.
const run = thread.spawn(() => {
  const listener = (): void => {}
  process.on('exit', listener)
  process.off('exit', listener)
  clearInterval(setInterval(() => {}, 1000))
  return 'tidy'
})
console.log(await run) //=> tidy
