import { move, mpsc, thread } from 'fearless'

export class Worker {
  start(): void {
    const [tx, rx] = mpsc.channel<number>()
    thread.spawn(move(() => tx.send(1)))
    tx.send(2)
    console.log(rx)
  }
}
