import { drop, mpsc } from 'fearless'
export function subscribe(on: (tell: (l: string) => void) => void): () => void {
  const [tx, rx] = mpsc.channel<string>()
  const stop = (): void => drop(tx)
  on(l => void tx.send(l))
  console.log(rx)
  return stop
}
export function subscribe2(on: (tell: (l: string) => void) => void): () => void {
  const [tx, rx] = mpsc.channel<string>()
  on(l => void tx.send(l))
  console.log(rx)
  return () => drop(tx)
}
