// Three threads use atomics that calls created while a module was evaluated.
// prints: 3 6 9
import { thread } from 'fearless'
import { counters } from './counters.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    for (const [at, counter] of counters.entries()) counter.fetchAdd(at + 1)
  }),
)
for (const handle of handles) await handle.join()
console.log(counters.map(counter => counter.load()).join(' '))
