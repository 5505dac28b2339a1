import { mpsc, type Sender } from 'fearless'
declare function keep(tx: Sender<number>): void

const [tx, rx] = mpsc.channel<number>()
keep(tx)
for await (const value of rx) console.log(value)
