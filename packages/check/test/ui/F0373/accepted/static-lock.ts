// A module's `const` that is made as a lock is a static: each closure gets another owner.
import { Arc, AtomicI32, Mutex, thread } from 'fearless'

const counter = new Arc(new Mutex(0))
const lock = new Mutex(0)
const same = lock
const hits = new AtomicI32(0)

function count(): void {
  counter.update(n => n + 1).wait()
  hits.fetchAdd(1)
}

export const handles = [
  thread.spawn(count),
  thread.spawn(() => count()),
  thread.spawn(() => same.update(n => n + 1).wait()),
  thread.spawn(() => lock.update(n => n + 1).wait()),
]
