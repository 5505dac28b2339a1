import { drop, mpsc } from 'fearless'

export function start(): void {
  const [tx, rx] = mpsc.channel<number>()
  function say(): void {
    tx.send(1)
  }
  drop(tx)
  say()
  console.log(rx)
}
