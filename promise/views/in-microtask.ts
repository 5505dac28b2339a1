// A callback in a later microtask writes through the view.
// prints or refused: 7
import { drop, vec } from 'fearless'

const a = vec.i32(1)
a.with(view => {
  queueMicrotask(() => {
    view[0] = 666
  })
})
drop(a)
const b = vec.i32([7])
await null
console.log(b.get(0))
