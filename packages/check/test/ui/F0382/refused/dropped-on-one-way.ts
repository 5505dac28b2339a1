import { drop, mpsc } from 'fearless'

export function close(early: boolean): void {
  const [tx, rx] = mpsc.channel<number>()
  if (early) drop(tx)
  tx.send(1)
  console.log(rx)
}
