// Each side of a join fills an array of its own.
// prints or refused: 1 2
import { par } from 'fearless'

function fill(into: number[], value: number): void {
  for (let at = 0; at < into.length; at++) into[at] = value
}

const left = new Array<number>(1000).fill(0)
const right = new Array<number>(1000).fill(0)
await par.join(
  () => fill(left, 1),
  () => fill(right, 2),
)
console.log(left[999], right[999])
