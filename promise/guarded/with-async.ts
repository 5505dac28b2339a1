// An async function is passed to `with`.
// refused by: tsc TS2345, run BorrowError
import { Mutex, sleep } from 'fearless'

await new Mutex({ n: 0 }).with(async v => {
  await sleep(1)
  v.n += 1
})
