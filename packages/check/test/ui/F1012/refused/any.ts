import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const [other, second] = mpsc.channel<number>()
tx.send(1)
other.send(2)
console.log(await Promise.any([rx.recv(), second.recv()]))
