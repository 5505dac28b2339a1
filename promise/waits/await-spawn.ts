// `await` of a thread waits for it and gives its result.
// prints: 42
import { sleep, thread } from 'fearless'

console.log(
  await thread.spawn(() => {
    sleep(20).wait()
    return 42
  }),
)
