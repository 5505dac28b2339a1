// A Wait is dropped behind `&&`.
// refused by: check F1003
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>(4)
const ready = rx.capacity === 4
ready && tx.send(1)
console.log(rx.recv().try())
