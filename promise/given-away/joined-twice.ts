// A join gives the thread's outcome once, whichever way it is written.
// refused by: check F0382, run MovedError
import { thread } from 'fearless'

const worker = thread.spawn(() => 6 * 7)
console.log(await worker.join())
console.log(await worker)
