// A scoped thread changes a capture.
// prints or refused: 1
import { thread } from 'fearless'

const found: string[] = []
await thread.scope(async s => {
  await s
    .spawn(() => {
      found.push('a')
    })
    .join()
})
console.log(found.length)
