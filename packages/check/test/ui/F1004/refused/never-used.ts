import { mpsc, move, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
for (let i = 0; i < 2; i++) {
  const mine = tx.clone()
  thread.spawn(move(() => mine.send(i)))
}
let sum = 0
for (const value of rx) {
  sum += value
}
console.log(sum)
