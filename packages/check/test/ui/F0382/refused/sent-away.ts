import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<{ n: number }>()
const message = { n: 1 }
tx.send(message)
message.n = 2
console.log(await rx.recv())
