import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
for (const value of rx.tryIter()) console.log(value)
for (const value of [1, 2]) console.log(value)
