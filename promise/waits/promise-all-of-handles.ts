// `Promise.all` waits for threads.
// prints: 3
import { AtomicI32, move, sleep, thread } from 'fearless'

const done = new AtomicI32(0)
await Promise.all(
  [1, 2, 3].map(() =>
    thread.spawn(
      move(() => {
        sleep(50).wait()
        done.fetchAdd(1)
      }),
    ),
  ),
)
console.log(done.load())
