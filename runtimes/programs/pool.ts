// A pool has a limit of running and of queued threads. A signal withdraws a queued thread, and terminates a running one
// where the runtime can.
import { AtomicI32, CancelledError, FullError, move, mpsc, thread } from 'fearless'

const pool = thread.pool({ threads: 1, queueLimit: 2, name: 'one' })
const [tx, rx] = mpsc.channel<number>()
const started = new AtomicI32(0)
const first = pool.run(
  move(() => {
    started.store(1)
    return rx.recv().wait()
  }),
)
const controller = new AbortController()
const second = pool.builder({ signal: controller.signal }).run(() => 2)
const third = pool.run(() => thread.current().name)
try {
  pool.run(() => 4)
} catch (error) {
  console.log(error instanceof FullError, pool.queued)
}
//=> true 2
while (started.load() === 0) await thread.yieldNow()
controller.abort()
console.log(await second.catch((error: unknown) => error instanceof CancelledError))
//=> true
tx.send(1)
console.log(await first, await third, pool.running, pool.queued, pool.finished)
//=> 1 one 0 0 2

const spinning = new AtomicI32(0)
const stop = new AbortController()
const endless = pool.builder({ signal: stop.signal }).run(
  move(() => {
    spinning.store(1)
    // Deno cannot terminate the thread, which finishes by itself there.
    const end = performance.now() + 3000
    while (performance.now() < end);
    return 'itself'
  }),
)
while (spinning.load() === 0) await thread.yieldNow()
stop.abort()
const ended = await endless.catch((error: unknown) => error instanceof CancelledError)
console.log(ended === (process.versions['deno'] === undefined ? true : 'itself') ? 'as documented' : ended)
//=> as documented
console.log(await pool.run(() => 5))
//=> 5

thread.configure({ workers: 1, queueLimit: 5 })
console.log(await Promise.all(Array.from({ length: 5 }, (_, n) => thread.spawn((k: number) => k, n))))
//=> [ 0, 1, 2, 3, 4 ]
