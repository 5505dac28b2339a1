import { mpsc } from 'fearless'

export function run(): void {
  const [tx, rx] = mpsc.channel<number[]>()
  const list = [1]
  const first = (): number | undefined => list[0]
  tx.send(list)
  console.log(first(), rx)
}
