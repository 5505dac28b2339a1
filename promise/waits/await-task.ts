// `await` of a task waits for it and gives its result.
// prints: 7
import { sleep, task } from 'fearless'

const handle = task.spawn(async () => {
  await sleep(20)
  return 7
})
console.log(await handle)
