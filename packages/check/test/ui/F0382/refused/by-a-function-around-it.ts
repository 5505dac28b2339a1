import { move, mpsc, thread } from 'fearless'

export function start(): void {
  const [tx, rx] = mpsc.channel<number>()
  function go(): void {
    thread.spawn(move(() => tx.send(1)))
  }
  go()
  go()
  console.log(rx)
}
