import { move, mpsc, task, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const started = task.spawn(async () => {
  thread.spawn(move(() => tx.send(1)))
})
tx.send(2)
await started.join()
console.log(rx)
