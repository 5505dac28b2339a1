// A Date is read after it was moved.
// refused by: run MovedError
import { move, thread } from 'fearless'

const since = new Date(0)
const dates = { since }
console.log(await thread.spawn(move(() => dates.since.getTime())).join())
console.log(since.getTime())
