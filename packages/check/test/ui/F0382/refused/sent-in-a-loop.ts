import { mpsc } from 'fearless'

export function greet(names: string[]): void {
  const hello = { kind: 'hello' }
  const [tx, rx] = mpsc.channel<{ kind: string }>()
  for (const _ of names) tx.send(hello)
  console.log(rx)
}
