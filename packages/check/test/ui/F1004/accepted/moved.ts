import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
thread.spawn(move(() => tx.send(1)))
for await (const value of rx) console.log(value)
