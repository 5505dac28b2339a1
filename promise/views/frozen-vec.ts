// The view of a frozen vec is read after the last owner dropped it.
// prints or refused: 1
import { drop, vec } from 'fearless'

const table = vec.i32([1]).freeze()
const held = table.with(view => ({ view }))
drop(table)
const b = vec.i32([7])
console.log(held.view[0], b.length === 1 ? '' : 'no')
