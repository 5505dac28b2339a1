// A variable that got a new value after the move is used again.
// prints: 2 1
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number[]>()
let batch = [1, 2]
tx.send(batch)
batch = [3]
console.log((await rx.recv()).length, batch.length)
