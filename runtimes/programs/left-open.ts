// A timer that a thread leaves open stops with the thread: it never fires in a later thread of the same worker.
import { sleep, thread } from 'fearless'

await thread
  .spawn(() => {
    setInterval(() => console.log('still ticking'), 25)
  })
  .join()
const later = Array.from({ length: thread.availableParallelism() + 1 }, () =>
  thread.spawn(async () => {
    await sleep(120)
  }),
)
for (const handle of later) await handle.join()
console.log('quiet') //=> quiet
