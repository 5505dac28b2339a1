// A job is changed after a queue of another file, reached through a barrel, has sent it.
// refused by: run MovedError
import { queue } from './barrel.ts'

const job = { id: 1, done: false }
queue.add(job)
job.done = true
console.log((await queue.next()).done)
