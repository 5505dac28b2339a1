import { drop, move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const mine = tx.clone()
thread.spawn(move(() => mine.send(1)))
for await (const value of rx) console.log(value)
drop(tx)
