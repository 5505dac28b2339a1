// Blocking waits on a condition, in a loop that ends by the guarded value.
// prints: 45
import { Arc, Condvar, Mutex, drop, move, thread } from 'fearless'

const shared = new Arc({ queue: new Mutex<number[]>([]), news: new Condvar() })
const consumer = thread.spawn(
  move(() => {
    const { queue, news } = shared.value
    let sum = 0
    for (let taken = 0; taken < 10;) {
      const g = queue.lock().wait()
      const full = news.until(g, list => list.length > 0).wait()
      for (const n of full.value.splice(0)) {
        sum += n
        taken++
      }
      drop(full)
    }
    return sum
  }),
)
const { queue, news } = shared.value
for (let n = 0; n < 10; n++) {
  using g = await queue.lock()
  g.value.push(n)
  news.notifyOne()
}
console.log(await consumer)
