// Threads write through views inside of a lock.
// prints: 4000
import { Arc, Mutex, move, thread, vec } from 'fearless'

const m = new Arc(new Mutex(vec.i32(1)))
const handles = [0, 1].map(() =>
  thread.spawn(
    move(() => {
      for (let i = 0; i < 2000; i++) {
        using v = m.lock().wait()
        v.value.set(0, v.value.get(0)! + 1)
      }
    }),
  ),
)
for (const handle of handles) await handle.join()
console.log(await m.with(v => v.get(0)))
