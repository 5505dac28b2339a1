// A timer goes by one clock, however long after the others the thread has started that waits for it.
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
