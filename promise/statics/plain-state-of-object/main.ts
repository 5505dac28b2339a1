// Threads fill a plain Map in a field of an exported object.
// prints or refused: 3
import { thread } from 'fearless'
import { cache } from './cache.ts'

const handles = ['a', 'b', 'c'].map(key =>
  thread.spawn((k: string) => {
    cache.put(k)
  }, key),
)
for (const handle of handles) await handle.join()
console.log(cache.size)
