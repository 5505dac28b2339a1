import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const same = tx
same.send(1)
tx.send(2)
console.log(rx)
