// Closures whose imports only the loader can load.
import { move, thread } from 'fearless'
import { Case, Words } from './words.js'

const words = ['a', 'b', 'c']
console.log(await thread.spawn(move(() => words.length)).join())
console.log(await thread.spawn(() => new Words('two words').inCase(Case.Camel)).join())

const n = 20
const outer = thread.spawn(
  move(() => {
    const inner = thread.spawn(move(() => n + 1))
    return inner.join().wait()
  }),
)
console.log(await outer.join())
const error = await thread
  .spawn(
    move(() => {
      if (n === 20) throw new Error('on purpose')
    }),
  )
  .join()
  .then(
    () => undefined,
    (caught: Error) => caught,
  )
console.log(/closures\.ts:\d+:\d+/.exec(String(error?.stack))?.[0])
