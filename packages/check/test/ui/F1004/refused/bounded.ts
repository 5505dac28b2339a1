import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>(2)
const mine = tx.clone()
thread.spawn(move(() => mine.send(1).wait()))
for await (const value of rx) console.log(value)
