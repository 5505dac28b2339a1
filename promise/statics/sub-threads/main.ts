// A thread of a thread uses the same lock as main.
// prints: 2
import { thread } from 'fearless'
import { total } from './total.ts'

await thread
  .spawn(() => {
    total.update(n => n + 1).wait()
    thread
      .spawn(() => {
        total.update(n => n + 1).wait()
      })
      .join()
      .wait()
  })
  .join()
console.log(await total.with(n => n))
