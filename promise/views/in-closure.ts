// A closure that outlives `with` writes through the view.
// prints or refused: 7
import { drop, vec } from 'fearless'

const a = vec.i32(1)
const set = a.with(view => (n: number) => {
  view[0] = n
})
drop(a)
const b = vec.i32([7])
set(666)
console.log(b.get(0))
