import { drop, mpsc, type Sender } from 'fearless'
interface Node { value: number[]; next: Node | undefined }
export function each(first: Node | undefined, tx: Sender<number[]>): void {
  let node = first
  while (node !== undefined) {
    const next: Node | undefined = node.next
    tx.send(node.value)
    node = next
  }
  drop(tx)
}
const [tx, rx] = mpsc.channel<number[]>()
each({ value: [1], next: undefined }, tx)
console.log(rx)
