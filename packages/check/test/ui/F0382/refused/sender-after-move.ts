import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
thread.spawn(
  move(() => {
    tx.send('from the thread')
  }),
)
tx.send('from main')
console.log(await rx.recv())
