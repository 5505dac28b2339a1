import { move, mpsc, thread, type Receiver } from 'fearless'
export function chain(first: Receiver<number>, n: number): Receiver<number> {
  let rx = first
  for (let i = 0; i < n; i++) {
    const input = rx
    const [next, after] = mpsc.channel<number>()
    thread.spawn(move(() => {
      for (const value of input) next.send(value + 1)
    }))
    rx = after
  }
  return rx
}
export function sieve(): void {
  let [tx, rx] = mpsc.channel<number>()
  tx.send(2)
  for (let i = 0; i < 10; i++) {
    const input = rx
    const [next, after] = mpsc.channel<number>()
    const prime = input.recv().wait()
    thread.spawn(move(() => {
      for (const value of input) if (value % (prime ?? 1) !== 0) next.send(value)
    }))
    rx = after
  }
}
