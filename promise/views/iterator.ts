// A generator continues over the view after `with` has returned.
// prints or refused: 1
import { drop, vec } from 'fearless'

function* pairs(view: Int32Array): Generator<number> {
  for (const n of view) yield n
}
const a = vec.i32([1, 1])
const steps = a.with(view => ({ it: pairs(view) }))
drop(a)
const b = vec.i32([7, 7])
console.log(steps.it.next().value ?? b.get(0))
