// Two tasks wait at the same time on one thread.
import { sleep, task } from 'fearless'

const a = task.spawn(async () => {
  await sleep(100)
  return 'task 1 done'
})
const b = task.spawn(async () => {
  await sleep(50)
  return 'task 2 done'
})

console.log(await a.join(), await b.join())
