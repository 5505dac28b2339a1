// A scoped thread is not joined; the scope waits for it.
// prints: 1
import { AtomicI32, sleep, thread } from 'fearless'

const done = new AtomicI32(0)
await thread.scope(s => {
  s.spawn(() => {
    sleep(20).wait()
    done.fetchAdd(1)
  })
})
console.log(done.load())
