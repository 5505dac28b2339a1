import { drop, move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
for (let i = 0; i < 2; i++) {
  const mine = tx.clone()
  thread.spawn(move(() => mine.send(i)))
}
drop(tx)
for await (const value of rx) console.log(value)
