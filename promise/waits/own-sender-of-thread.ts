// An event loop awaits a thread that receives until this loop drops its sender.
// prints or refused: never
import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const sum = thread.spawn(
  move(() => {
    let all = 0
    for (const n of rx) all += n
    return all
  }),
)
tx.send(1)
console.log(await sum, tx.isClosed)
