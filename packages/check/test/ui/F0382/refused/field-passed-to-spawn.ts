import { thread } from 'fearless'

export async function run(job: { data: number[] }, both: boolean): Promise<number> {
  const first = thread.spawn(data => data.length, job.data)
  if (both) job.data.push(1)
  return first.join()
}
