// A file that a thread imports leads back to the program's entry: the import is refused, and the program does not run
// again.
import { ClosureError, thread } from 'fearless'
import { work } from './leads-back-work.ts'

export const answer = 42
console.log(await Promise.resolve('once')) //=> once
const handle = thread.spawn(() => work())
await handle.join().then(
  () => console.log('it ran'),
  (error: unknown) => console.log(error instanceof ClosureError, (error as ClosureError).code), //=> true FL2001
)
