// A loop moves each job and continues with the next.
// prints: 3
import { mpsc } from 'fearless'

interface Job {
  n: number
  next?: Job
}
const [tx, rx] = mpsc.channel<number[]>()
let left = 3
let job: number[] | undefined = [left]
while (job !== undefined) {
  const next: number[] | undefined = --left > 0 ? [left] : undefined
  tx.send(job)
  job = next
}
console.log((await rx.recvMany(5)).length)
