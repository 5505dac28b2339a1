import { mpsc, task } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const a = task.spawn(async () => tx.send(1))
const b = task.spawn(async () => tx.send(2))
await a.join()
await b.join()
console.log(rx.length)
