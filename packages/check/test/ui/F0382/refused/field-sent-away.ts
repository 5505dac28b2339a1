import { mpsc } from 'fearless'

interface Job {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
}
export function run(job: Job): number {
  const [tx] = mpsc.channel<Uint8Array<ArrayBuffer>>()
  tx.send(job.bytes)
  console.log(job.name)
  return job.bytes.length
}
