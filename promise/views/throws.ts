// The writes of a callback that then throws are kept, as in a Rust slice.
// prints: 5
import { vec } from 'fearless'

const numbers = vec.i32(1)
try {
  numbers.with(view => {
    view[0] = 5
    throw new Error('half way')
  })
} catch {
  console.log(numbers.get(0))
}
