import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
thread.spawn(
  move(() => {
    for (const value of rx) console.log(value)
  }),
)
tx.send(1)
console.log(await rx.recv())
