// Threads use a lock of the program's own module.
// prints: 3
import { Arc, Mutex, move, thread } from 'fearless'

const total = new Arc(new Mutex(0))
const handles = [1, 2, 3].map(() =>
  thread.spawn(
    move(() => {
      total.update(n => n + 1).wait()
    }),
  ),
)
for (const handle of handles) await handle.join()
console.log(await total.with(n => n))
