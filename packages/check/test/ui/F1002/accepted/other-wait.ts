import { sleep } from 'fearless'

export async function run(job: { wait(): void }): Promise<void> {
  await sleep(1)
  job.wait()
}
