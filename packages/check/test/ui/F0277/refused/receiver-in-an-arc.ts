import { Arc, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
export const shared = new Arc(rx)
console.log(tx)
