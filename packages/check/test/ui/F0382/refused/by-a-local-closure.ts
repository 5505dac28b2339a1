import { move, mpsc, thread } from 'fearless'

export function start(): void {
  const [tx, rx] = mpsc.channel<number>()
  const go = (): void => {
    thread.spawn(move(() => tx.send(1)))
  }
  go()
  tx.send(2)
  console.log(rx)
}
