// An alias is moved after the variable got a new value.
// prints: 1 2
import { move, thread } from 'fearless'

let batch = [1]
const full = batch
batch = []
const handle = thread.spawn(move(() => full.length))
batch.push(2)
console.log(await handle.join(), batch[0])
