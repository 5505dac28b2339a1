// A timer drops the sender later.
// prints: 1
import { drop, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
setTimeout(() => drop(tx), 10)
tx.send(1)
let count = 0
for await (const _ of rx) count++
console.log(count)
