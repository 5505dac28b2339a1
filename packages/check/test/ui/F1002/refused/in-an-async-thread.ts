import { mpsc, move, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
thread.spawn(
  move(async () => {
    console.log(rx.recv().wait())
    await Promise.resolve()
  }),
)
tx.send(1)
