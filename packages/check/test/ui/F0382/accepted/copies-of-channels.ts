import { Rc, broadcast, watch, vec } from 'fearless'

interface Job {
  done: boolean
}
export function send(job: Job, numbers: number[]): number {
  const [tx] = watch.channel<Job>(job)
  tx.send(job)
  const [all] = broadcast.channel<Job>(4)
  all.send(job)
  const own = new Rc(job)
  own.value.done = true
  const cells = vec.i32(numbers)
  return numbers.length + cells.length + Number(job.done)
}
