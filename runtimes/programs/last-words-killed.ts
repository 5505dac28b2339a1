// The panic of a thread whose handle was dropped is reported before its channel closes, even if a signal kills the
// process then.
import { drop, move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
drop(
  thread.spawn(
    move(() => {
      tx.send(1)
      throw new RangeError('last words')
    }),
  ),
)
for (const x of rx) console.log(x) //=> 1
//=runs 30
//=exit SIGTERM
//=! RangeError: last words
process.kill(process.pid, 'SIGTERM')
for (;;);
