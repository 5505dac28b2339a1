import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx[Symbol.dispose]()
tx.send(1)
console.log(rx)
