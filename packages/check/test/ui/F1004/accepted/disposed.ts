import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
tx[Symbol.dispose]()
for await (const value of rx) console.log(value)
