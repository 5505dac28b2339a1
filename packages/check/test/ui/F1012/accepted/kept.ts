// The promise is kept, so its value is received later if it loses; or a callback receives it.
import { mpsc, sleep } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const queue: number[] = []
tx.send(1)
let next = rx.recv().then(value => ({ value }))
for (let i = 0; i < 3; i++) {
  const first = await Promise.race([next, sleep(10)])
  if (first === undefined) continue
  queue.push(first.value)
  next = rx.recv().then(value => ({ value }))
}
await Promise.race([rx.recv().then(value => queue.push(value)), sleep(10)])
const pending = rx.recv().then()
await Promise.race([pending, sleep(10)])
console.log(queue, await pending)
