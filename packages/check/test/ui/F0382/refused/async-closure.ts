import { move, mpsc, sleep, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
thread.spawn(
  move(async () => {
    await sleep(1)
    tx.send(1)
  }),
)
tx.send(2)
console.log(await rx.recv())
