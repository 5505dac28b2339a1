import { mpsc } from 'fearless'
interface Job { id: number; bytes: number[] }
const [tx, rx] = mpsc.channel<Job>()
const make = (id: number): Job => ({ id, bytes: [] })
export function run(): void {
  let job = make(0)
  for (let i = 1; i < 10; i++) {
    const next = make(i)
    tx.send(job)
    job = next
  }
  tx.send(job)
}
console.log(rx)
