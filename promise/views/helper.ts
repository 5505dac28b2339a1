// The view is passed to a function that does not keep it.
// prints: 10 9
import { vec } from 'fearless'

function fill(view: Int32Array, value: number): void {
  for (let at = 0; at < view.length; at++) view[at] = value + at
}
const numbers = vec.i32(4)
numbers.with(view => fill(view, 1))
numbers.with(view => {
  view.set([0], 0)
  view.copyWithin(1, 1)
})
console.log(
  numbers.toArray().reduce((a, b) => a + b, 0) + 1,
  numbers.toArray().reduce((a, b) => a + b, 0),
)
