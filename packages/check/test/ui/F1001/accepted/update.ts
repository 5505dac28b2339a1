import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  await total.update(n => n + 1)
  await sleep(1)
  await total.with(n => n)
}
