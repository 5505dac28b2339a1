// The view of a dropped vec writes into memory that belongs to another vec.
// prints or refused: 7
import { drop, vec } from 'fearless'

const a = vec.i32(1)
let kept!: Int32Array
a.with(v => {
  kept = v
})
drop(a)
const b = vec.i32([7])
kept[0] = 666
console.log(b.get(0))
