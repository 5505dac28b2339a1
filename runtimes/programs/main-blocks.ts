// The main thread blocks from its first line: threads start, spawn, die and are joined without its event loop.
import { move, mpsc, sleep, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>(0)
const threads = Array.from({ length: 6 }, (_, i) => {
  const mine = tx.clone()
  return thread.spawn(
    move(() => {
      const inner = thread.spawn(() => {
        sleep(5).wait()
        process.exit(1)
      })
      let died = 0
      try {
        inner.join().wait()
      } catch {
        died = 100
      }
      mine.send(i + died).wait()
    }),
  )
})
tx[Symbol.dispose]()
let sum = 0
for (const value of rx) sum += value
for (const each of threads) each.join().wait()
console.log(sum) //=> 615
