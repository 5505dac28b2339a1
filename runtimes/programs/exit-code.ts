// process.exit in the main thread ends the process at once, with its code.
import { move, mpsc, sleep, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
thread.spawn(
  move(() => {
    tx.send('started')
    sleep(600_000).wait()
  }),
)
console.log(rx.recv().wait()) //=> started
//=exit 7
process.exit(7)
