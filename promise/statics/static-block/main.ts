// Three threads use a lock that a static block created.
// prints: 3
import { thread } from 'fearless'
import { Registry } from './registry.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    Registry.add()
  }),
)
for (const handle of handles) await handle.join()
console.log(Registry.size())
