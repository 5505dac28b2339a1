import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
for (let i = 0; i < 3; i++) {
  thread.spawn(move(() => tx.send(i)))
}
for await (const value of rx) console.log(value)
