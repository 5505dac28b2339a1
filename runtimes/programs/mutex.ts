// Four threads and the main thread add to one counter: no addition is lost, whether they block or yield.
import { Arc, Mutex, move, thread } from 'fearless'

const counter = new Arc(new Mutex(0))
const blocking = Array.from({ length: 2 }, () =>
  thread.spawn(
    move(() => {
      for (let i = 0; i < 5000; i++) {
        using n = counter.lock().wait()
        n.value += 1
      }
    }),
  ),
)
const yielding = Array.from({ length: 2 }, () =>
  thread.spawn(
    move(async () => {
      for (let i = 0; i < 500; i++) {
        using n = await counter.lock()
        n.value += 1
      }
    }),
  ),
)
for (let i = 0; i < 500; i++) {
  using n = await counter.lock()
  n.value += 1
}
for (const handle of [...blocking, ...yielding]) await handle.join()
using n = await counter.lock()
console.log(n.value) //=> 11500
