import { drop, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
drop(tx)
console.log(tx, rx)
