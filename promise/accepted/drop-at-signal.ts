// A signal's handler drops the sender; until it comes, the sender is used.
// prints: 1
import { drop, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
process.once('SIGUSR2', () => drop(tx))
tx.send(1)
process.kill(process.pid, 'SIGUSR2')
let count = 0
for await (const _ of rx) count++
console.log(count)
