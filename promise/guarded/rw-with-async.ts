// An async function is passed to `update` of an RwLock.
// refused by: tsc TS2345, run BorrowError
import { RwLock, sleep } from 'fearless'

const shared = new RwLock({ n: 1 })
await shared.update(async v => {
  await sleep(1)
  return { n: v.n + 1 }
})
console.log(await shared.with(v => v.n))
