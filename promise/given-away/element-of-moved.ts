// An element is changed after the array that holds it was sent.
// refused by: run MovedError
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number[][]>()
const rows = [[1], [2]]
const first = rows[0]!
tx.send(rows)
first.push(3)
console.log((await rx.recv())[0], first)
