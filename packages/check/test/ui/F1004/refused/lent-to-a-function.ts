import { mpsc, type Sender } from 'fearless'
import { borrow } from '../../Elsewhere/consume.ts'

function fill(to: Sender<number>, n: number): void {
  for (let i = 0; i < n; i++) to.send(i)
  borrow(to)
}
const [tx, rx] = mpsc.channel<number>()
fill(tx, 3)
for await (const value of rx) console.log(value)
