import { mpsc, thread } from 'fearless'

thread.spawn(() => {
  const [tx, rx] = mpsc.channel<number>()
  tx.send(1)
  for (const value of rx) console.log(value)
})
