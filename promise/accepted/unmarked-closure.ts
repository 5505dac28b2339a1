// A closure that is not marked passes through a function of the program.
// refused by: run ClosureError
import { thread } from 'fearless'

const base = 40
function inBackground(f: () => number): Promise<number> {
  return thread
    .spawn(f)
    .join()
    .then(value => value)
}
console.log(await inBackground(() => base + 2))
