import { mpsc, type Sender } from 'fearless'
export function trySend(tx: Sender<number[]>, data: number[]): number[] | undefined {
  try {
    tx.send(data)
    return undefined
  } catch {
    return data
  }
}
const [tx, rx] = mpsc.channel<number[]>()
console.log(trySend(tx, [1]), rx)
