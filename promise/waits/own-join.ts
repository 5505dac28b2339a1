// A loop over a receiver never ends, because its sender is still alive.
// refused by: check F1004, run DeadlockError
import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const mine = tx.clone()
thread.spawn(move(() => mine.send(1)))
for await (const n of rx) console.log(n)
console.log(tx.length)
