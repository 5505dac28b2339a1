// A scoped thread borrows a function.
// refused by: check F0277
import { thread } from 'fearless'

function adder(by: number): (n: number) => number {
  return n => n + by
}
const add = adder(1)
await thread.scope(s => {
  s.spawn(() => console.log(add(1)))
})
