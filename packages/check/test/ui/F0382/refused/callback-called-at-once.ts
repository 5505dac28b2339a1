import { drop, mpsc, type Sender } from 'fearless'

function perform(act: () => void): void {
  act()
}
export function run(tx: Sender<number>): void {
  perform(() => drop(tx))
  tx.send(1)
}
const [tx, rx] = mpsc.channel<number>()
run(tx)
console.log(rx)
