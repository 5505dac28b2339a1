import { mpsc } from 'fearless'
export function group(lines: readonly string[]): void {
  const [tx, rx] = mpsc.channel<string[]>()
  let batch: string[] = []
  for (const line of lines) {
    batch.push(line)
    if (batch.length === 100) {
      const full = batch
      batch = []
      tx.send(full)
    }
  }
  tx.send(batch)
  console.log(rx)
}
