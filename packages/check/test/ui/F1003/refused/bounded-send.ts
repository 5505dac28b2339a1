import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>(1)
tx.send(1)
console.log(await rx.recv())
