// A sender is moved on one path and used on the other.
// prints: 1
import { drop, mpsc, thread, type Sender } from 'fearless'

function hand(tx: Sender<number>, away: boolean): void {
  if (away) {
    thread.spawn(mine => mine.send(1), tx)
    return
  }
  tx.send(2)
  drop(tx)
}
const [tx, rx] = mpsc.channel<number>()
hand(tx, true)
for await (const n of rx) console.log(n)
