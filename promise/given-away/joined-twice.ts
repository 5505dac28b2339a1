// A join returns the thread's outcome once, in every form of a join.
// refused by: check F0382, run MovedError
import { thread } from 'fearless'

const worker = thread.spawn(() => 6 * 7)
console.log(await worker.join())
console.log(await worker)
