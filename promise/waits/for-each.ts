// Waits are dropped by `forEach`.
// refused by: check F1003, report F1003
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>(4)
;[1, 2].forEach(n => tx.send(n))
console.log(rx.recv().try())
