// An unpark is not lost, whether it comes before or after the park.
import { move, mpsc, sleep, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>(0)
const parked = thread.spawn(
  move(() => {
    thread.park().wait()
    tx.send('first').wait()
    sleep(20).wait()
    thread.park().wait()
    return 'second'
  }),
)
parked.thread.unpark()
console.log(await rx.recv()) //=> first
parked.thread.unpark()
console.log(await parked.join()) //=> second

const main = thread.current()
thread.spawn(main => main.unpark(), main)
await thread.park()
console.log(thread.current().name) //=> main
