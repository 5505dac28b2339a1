// An uncaught error in the main thread ends the process with code 1, with or without threads.
import { move, mpsc, sleep, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
thread.spawn(
  move(() => {
    tx.send('started')
    sleep(600_000).wait()
  }),
)
console.log(await rx.recv()) //=> started
//=exit 1
//=! uncaught in main
throw new Error('uncaught in main')
