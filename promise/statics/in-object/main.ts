// Three threads use locks in an object that a module exports.
// prints: 3 3
import { thread } from 'fearless'
import { shared } from './shared.ts'

const handles = [1, 2, 3].map(() =>
  thread.spawn(() => {
    shared.lock.update(n => n + 1).wait()
    shared.inner.hits.fetchAdd(1)
  }),
)
for (const handle of handles) await handle.join()
console.log(await shared.lock.with(n => n), shared.inner.hits.load())
