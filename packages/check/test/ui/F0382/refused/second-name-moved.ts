import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const other = tx
thread.spawn(move(() => other.send(1)))
tx.send(2)
console.log(rx)
