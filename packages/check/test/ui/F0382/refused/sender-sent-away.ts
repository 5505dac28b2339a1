import { mpsc, type Sender } from 'fearless'

const [tx, rx] = mpsc.channel<Sender<number>>()
const [inner, innerRx] = mpsc.channel<number>()
tx.send(inner)
inner.send(1)
console.log(rx, innerRx)
