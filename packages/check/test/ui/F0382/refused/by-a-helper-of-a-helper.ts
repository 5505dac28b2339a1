import { move, mpsc, thread, type Sender } from 'fearless'

function inner(to: Sender<number>): void {
  thread.spawn(move(() => to.send(1)))
}
const outer = (to: Sender<number>): void => inner(to)

const [tx, rx] = mpsc.channel<number>()
outer(tx)
tx.send(2)
console.log(rx)
