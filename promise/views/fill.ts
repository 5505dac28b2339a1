// `with` fills and sums a vec; no part of the view is kept.
// prints: 30 4
import { vec } from 'fearless'

const squares = vec.f64(5)
squares.with(view => {
  for (let i = 0; i < view.length; i++) view[i] = i * i
})
const sum = squares.with(view => view.reduce((a, b) => a + b, 0))
console.log(sum, squares.get(2))
