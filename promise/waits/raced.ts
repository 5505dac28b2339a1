// A receive loses a race of promises, and takes the next message nevertheless.
// refused by: check F1012
import { mpsc, sleep } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
await Promise.race([rx.recv(), sleep(5)])
tx.send(1)
console.log(await rx.recv().within(100))
