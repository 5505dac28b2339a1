// An object that closes the sender is made before the sender is used.
// prints: 1
import { drop, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const output = { write: (n: number) => tx.send(n), close: () => drop(tx) }
tx.send(1)
output.close()
let count = 0
for await (const _ of rx) count++
console.log(count)
