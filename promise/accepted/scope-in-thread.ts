// A thread of a scope spawns in the same scope, and a builder too; all end before the scope does.
// prints: 6
import { AtomicI32, thread } from 'fearless'

const done = new AtomicI32(0)
const words = ['a', 'b', 'c']
await thread.scope(s => {
  s.spawn(() => {
    s.spawn(() => {
      done.fetchAdd(words.length)
    })
    thread.builder({ name: 'counter' }).spawnScoped(s, () => {
      done.fetchAdd(2)
    })
    done.fetchAdd(1)
  })
})
console.log(done.load())
