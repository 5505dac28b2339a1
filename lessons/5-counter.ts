// Five threads add to one counter; the lock makes every addition count.
import { Arc, Mutex, move, thread } from 'fearless'

const counter = new Arc(new Mutex(0))

const handles = Array.from({ length: 5 }, () =>
  thread.spawn(
    move(() => {
      using n = counter.lock().wait()
      n.value += 1
    }),
  ),
)
for (const handle of handles) await handle.join()

using n = await counter.lock()
console.log('final count:', n.value)
