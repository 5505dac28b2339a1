import { mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
thread.spawn(() => {
  tx.send('hi')
})
console.log(await rx.recv())
