// An async function is passed to `update`.
// refused by: tsc TS2322, run BorrowError
import { Mutex } from 'fearless'

const shared = new Mutex(1)
await shared.update(async n => n + 1)
console.log(await shared.with(n => n))
