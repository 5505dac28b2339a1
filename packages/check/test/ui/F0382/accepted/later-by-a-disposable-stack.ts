import { drop, mpsc } from 'fearless'
export function run(): void {
  using stack = new DisposableStack()
  const [tx, rx] = mpsc.channel<string>()
  stack.defer(() => drop(tx))
  tx.send('a')
  console.log(rx)
}
