// A task is aborted while it waits for a message and a lock: the next receiver gets the message, the next waiter the lock.
// prints: 7 true
import { Mutex, drop, mpsc, sleep, task } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const receiving = task.spawn(async () => {
  await rx.recv()
})
const m = new Mutex(0)
const guard = await m.lock()
const locking = task.spawn(async () => {
  using inner = await m.lock()
  inner.value += 1
})
await sleep(5)
receiving.abort()
locking.abort()
tx.send(7)
drop(guard)
const got = await rx.recv().within(1000)
console.log(got, (await m.with(n => n).within(1000)) === 0)
