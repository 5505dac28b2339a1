// A parallel loop calls a function that changes its argument.
// prints or refused: 200000
import { parIter } from 'fearless'

function record(out: number[], n: number): void {
  out.push(n)
}

const out: number[] = []
await parIter(Array.from({ length: 200_000 }, (_, n) => n)).forEach(n => record(out, n))
console.log(out.length)
