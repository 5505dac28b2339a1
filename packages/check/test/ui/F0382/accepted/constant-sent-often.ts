import { mpsc } from 'fearless'

const HELLO = { kind: 'hello' }
const LIMITS = Object.freeze({ low: 1 })
export function greet(names: string[]): void {
  const [tx, rx] = mpsc.channel<{ kind: string }>()
  for (const _ of names) tx.send(HELLO)
  console.log(rx, LIMITS)
}
