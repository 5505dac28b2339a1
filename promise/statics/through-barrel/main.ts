// Three threads reach a lock through a barrel and a namespace import.
// prints: 3
import { thread } from 'fearless'
import * as all from './barrel.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    all.addOne()
  }),
)
for (const handle of handles) await handle.join()
console.log(await all.total.with(n => n))
