import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  await sleep(1)
  await total.update(n => n + 1)
  total.with(n => n).try()
}
