// Three threads use a lock that a module exports.
// prints: 3
import { thread } from 'fearless'
import { total } from './total.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    total.update(n => n + 1).wait()
  }),
)
for (const handle of handles) await handle.join()
console.log(await total.with(n => n))
