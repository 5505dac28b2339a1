// The field initialiser of an exported object's base class creates a lock.
// prints: 3
import { thread } from 'fearless'
import { service } from './service.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    service.hit()
  }),
)
for (const handle of handles) await handle.join()
console.log(service.hits.load())
