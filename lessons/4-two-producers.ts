// Two threads send to one receiver, each through a sender of its own.
import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
const tx2 = tx.clone()

thread.spawn(
  move(() => {
    tx.send('from thread 1')
  }),
)
thread.spawn(
  move(() => {
    tx2.send('from thread 2')
  }),
)

for await (const received of rx) console.log('got:', received)
