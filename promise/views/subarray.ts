// A part of the view is kept.
// prints or refused: 7
import { drop, vec } from 'fearless'

const a = vec.i32(2)
let tail!: Int32Array
a.with(view => {
  tail = view.subarray(0, 1)
})
drop(a)
const b = vec.i32([7, 7])
tail[0] = 666
console.log(b.get(0))
