import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.clone()
console.log(rx)
