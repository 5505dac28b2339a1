import { mpsc } from 'fearless'
type Job = { id: number; bytes: number[] }
export function all(jobs: Job[]): void {
  const [tx, rx] = mpsc.channel<Job>()
  for (const job of jobs) tx.send(job)
  console.log(rx)
}
export function drain(jobs: Job[]): void {
  const [tx, rx] = mpsc.channel<Job>()
  while (jobs.length > 0) {
    const job = jobs.pop()!
    tx.send(job)
  }
  let job: Job | undefined
  while ((job = jobs.shift()) !== undefined) tx.send(job)
  for (let next = jobs.pop(); next !== undefined; next = jobs.pop()) tx.send(next)
  console.log(rx)
}
export function byIndex(jobs: Job[]): void {
  const [tx, rx] = mpsc.channel<Job>()
  for (let i = 0; i < jobs.length; i++) {
    const job = jobs[i]!
    tx.send(job)
  }
  console.log(rx)
}
