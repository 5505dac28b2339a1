// A timer uses one clock in all threads, however late the thread that waits for it was started.
import { after, move, select, sleep, thread } from 'fearless'

await sleep(3000)
const timer = after(100)
const first = await thread.spawn(
  move(async () => {
    const later = after(2000)
    const { key } = await select({ timer: timer.recv(), later: later.recv() })
    return key
  }),
)
console.log(first) //=> timer
