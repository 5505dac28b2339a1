// A function that returns a promise is passed to `with`.
// refused by: tsc TS2322, run BorrowError
import { Mutex } from 'fearless'

const shared = new Mutex({ n: 0 })
await shared.with(v =>
  Promise.resolve().then(() => {
    v.n += 1
  }),
)
console.log(await shared.with(v => v.n))
