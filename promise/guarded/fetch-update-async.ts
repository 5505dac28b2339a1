// The function of an atomic's update is async.
// refused by: tsc TS2322, run BorrowError
import { AtomicI32 } from 'fearless'

const n = new AtomicI32(1)
n.fetchUpdate(async value => value + 1)
console.log(n.load())
