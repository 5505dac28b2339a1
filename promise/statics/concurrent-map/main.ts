// Threads share a ConcurrentMap, a Semaphore and a OnceLock of a module.
// prints: 3 one 1
import { thread } from 'fearless'
import { first, pages, permits } from './shared.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    using permit = permits.acquire().wait()
    pages.update('/', hits => (hits ?? 0) + permit.permits).wait()
    first.getOrInit(() => 'one').wait()
  }),
)
for (const handle of handles) await handle.join()
console.log(await pages.get('/'), first.get(), permits.availablePermits)
