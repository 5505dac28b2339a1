// Scoped threads borrow variables of their scope, and all finish before the scope ends.
import { AtomicI32, Arc, PanicError, sleep, thread } from 'fearless'

const done = new Arc(new AtomicI32(0))
const words = ['a', 'b', 'c']
const total = await thread.scope(async s => {
  for (let i = 0; i < 4; i++)
    s.spawn(() => {
      sleep(10).wait()
      done.fetchAdd(words.length)
    })
  return await s.spawn(() => words.length).join()
})
console.log(total, done.load(), words.length) //=> 3 12 3

const failed = thread.scope(s => {
  s.spawn(() => {
    throw new Error('nobody joined')
  })
})
console.log(await failed.catch((error: unknown) => error instanceof PanicError)) //=> true
