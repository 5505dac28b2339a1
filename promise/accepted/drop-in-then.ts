// A promise's callback drops the sender later.
// prints: 1
import { drop, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const closed = Promise.resolve().then(() => drop(tx))
tx.send(1)
let count = 0
for await (const _ of rx) count++
await closed
console.log(count)
