// Three threads use an atomic in a static field of an imported class.
// prints: 3
import { thread } from 'fearless'
import { Stats } from './stats.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    Stats.hits.fetchAdd(1)
  }),
)
for (const handle of handles) await handle.join()
console.log(Stats.hits.load())
