import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
tx.send(2)
for await (const value of rx) console.log(value)
