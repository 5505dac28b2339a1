import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number[]>(2)
const list = [1]
await tx.send(list)
await tx.send(list)
console.log(rx.length)
