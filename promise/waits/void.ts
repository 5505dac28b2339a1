// A Wait is dropped by `void`.
// refused by: check F1003
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>(4)
void tx.send(1)
console.log(rx.recv().try())
