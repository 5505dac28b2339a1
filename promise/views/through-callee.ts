// A function that `with` calls keeps the view.
// prints or refused: 7
import { drop, vec } from 'fearless'

const kept: Int32Array[] = []
function remember(view: Int32Array): void {
  kept.push(view)
}
const a = vec.i32(1)
a.with(remember)
drop(a)
const b = vec.i32([7])
kept[0]![0] = 666
console.log(b.get(0))
