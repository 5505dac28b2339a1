import { mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
await thread.scope(s => {
  s.spawn(() => tx.send(1))
})
console.log(rx.length)
