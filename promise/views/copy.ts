// A copy of the view is kept.
// prints: 1 2
import { drop, vec } from 'fearless'

const a = vec.i32([1])
const copy = a.with(view => view.slice())
a.set(0, 2)
console.log(copy[0], a.get(0))
drop(a)
