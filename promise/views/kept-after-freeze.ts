// The view of a vec is written to after the vec was frozen.
// prints or refused: 7
import { vec } from 'fearless'

const views: Int32Array[] = []
const numbers = vec.i32([7])
numbers.with(view => {
  views.push(view)
})
const table = numbers.freeze()
views[0]![0] = 666
console.log(table.get(0))
