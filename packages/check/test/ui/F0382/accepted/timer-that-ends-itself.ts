import { drop, mpsc, type Receiver } from 'fearless'
export function ticks(ms: number): { rx: Receiver<number>; stop(): void } {
  const [tx, rx] = mpsc.channel<number>()
  let n = 0
  const timer = setInterval(() => {
    tx.send(n++)
    if (n === 10) {
      clearInterval(timer)
      drop(tx)
    }
  }, ms)
  return { rx, stop: () => { clearInterval(timer); drop(tx) } }
}
export async function* batches(rx: Receiver<number>, size: number): AsyncGenerator<number[]> {
  let batch: number[] = []
  for await (const n of rx) {
    batch.push(n)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
