// The same object is sent twice, through two aliases.
// refused by: run MovedError
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<{ n: number }>()
const job = { n: 1 }
const again = [job]
tx.send(job)
tx.send(again[0]!)
console.log((await rx.recv()).n, (await rx.recv()).n)
