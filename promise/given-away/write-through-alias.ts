// An object is changed through an alias after it was sent.
// refused by: run MovedError
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<{ n: number }>()
const job = { n: 1 }
const alias = job
tx.send(job)
alias.n = 2
console.log((await rx.recv()).n, alias.n)
