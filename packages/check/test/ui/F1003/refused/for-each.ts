import { drop, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>(2)
const numbers = [1, 2, 3]
numbers.forEach(n => tx.send(n))
drop(tx)
for await (const n of rx) console.log(n)
