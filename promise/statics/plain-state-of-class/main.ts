// Threads count in a plain static field of an imported class.
// prints or refused: 3
import { thread } from 'fearless'
import { Stats } from './stats.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    Stats.hit()
  }),
)
for (const handle of handles) await handle.join()
console.log(Stats.hits)
