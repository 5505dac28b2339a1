// A value that a watch receiver lent is changed.
// refused by: tsc TS2540, run TypeError
import { watch } from 'fearless'

const [tx, rx] = watch.channel({ n: 1 })
rx.borrow().n++
console.log(rx.borrow().n, tx.receivers)
