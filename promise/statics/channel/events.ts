import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
export { rx }
export function send(n: number): void {
  tx.send(n)
}
