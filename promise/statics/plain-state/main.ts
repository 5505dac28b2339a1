// Threads count in a plain variable of a module.
// prints or refused: 3
import { thread } from 'fearless'
import { bump, total } from './state.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    bump()
  }),
)
for (const handle of handles) await handle.join()
console.log(total())
