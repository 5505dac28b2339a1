import { Mutex, move, thread } from 'fearless'

const counter = new Mutex(0)
thread.spawn(
  move(() => {
    using n = counter.lock().wait()
    n.value += 1
  }),
)
using n = await counter.lock()
console.log(n.value)
