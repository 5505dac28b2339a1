import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
const sum = await thread
  .spawn(
    move(() => {
      let sum = 0
      for (const value of rx) sum += value
      return sum
    }),
  )
  .join()
console.log(sum)
