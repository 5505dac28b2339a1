import { drop, mpsc } from 'fearless'

export function run(n: number): void {
  const [tx, rx] = mpsc.channel<number>()
  if (n > 0) {
    tx.send(n)
    drop(tx)
  } else drop(tx)
  console.log(rx)
}
