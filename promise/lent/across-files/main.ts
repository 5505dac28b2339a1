// A parallel loop calls a function of another file that changes its argument.
// prints or refused: 3
import { parIter } from 'fearless'
import { tally } from './tally.ts'

const counts: Record<string, number> = {}
await parIter(['a', 'b', 'c']).forEach(word => tally.add(counts, word))
console.log(Object.keys(counts).length)
