import { drop, mpsc, type Receiver } from 'fearless'
export function open(): { push(l: string): void; close: () => void; rx: Receiver<string> } {
  const [tx, rx] = mpsc.channel<string>()
  return { push: l => void tx.send(l), close: () => drop(tx), rx }
}
export function open2(): void {
  const [tx, rx] = mpsc.channel<string>()
  const log = { close: () => drop(tx) }
  tx.send('a')
  log.close()
  console.log(rx)
}
