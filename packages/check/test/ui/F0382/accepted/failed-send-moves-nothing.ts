import { mpsc } from 'fearless'

export function run(data: number[]): number | undefined {
  const [tx, rx] = mpsc.channel<number[]>()
  try {
    tx.send(data)
  } catch {
    return data.length
  }
  return rx.length
}
