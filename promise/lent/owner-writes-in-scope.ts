// The owner changes a list while a scoped thread borrows it.
// prints or refused: 3
import { sleep, thread } from 'fearless'

const list = [1, 2]
await thread.scope(async s => {
  const length = s.spawn(() => {
    sleep(20).wait()
    return list.length
  })
  list.push(3)
  console.log(await length.join())
})
