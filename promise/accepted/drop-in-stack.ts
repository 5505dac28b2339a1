// A DisposableStack drops the sender at the end of its block.
// prints: 2
import { drop, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
{
  using stack = new DisposableStack()
  stack.defer(() => drop(tx))
  tx.send(1)
  tx.send(2)
}
let count = 0
for await (const _ of rx) count++
console.log(count)
