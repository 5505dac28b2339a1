// A marked copy is moved, and the value stays usable.
// prints: 3 4
import { clone, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number[]>()
const rows = [1, 2, 3]
tx.send(clone(rows))
rows.push(4)
console.log((await rx.recv()).length, await thread.spawn((list: number[]) => list.length, clone(rows)).join())
