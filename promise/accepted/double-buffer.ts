// Two buffers are swapped, and the full one is sent.
// prints: 2 2
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number[]>()
let filling: number[] = []
for (let n = 1; n <= 4; n++) {
  filling.push(n)
  if (filling.length < 2) continue
  const full = filling
  filling = []
  tx.send(full)
}
console.log((await rx.recv()).length, (await rx.recv()).length)
