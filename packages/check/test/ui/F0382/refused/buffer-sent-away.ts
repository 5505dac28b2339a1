import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<Uint8Array>()
const bytes = new Uint8Array(1024)
tx.send(bytes)
console.log(bytes.length, await rx.recv())
