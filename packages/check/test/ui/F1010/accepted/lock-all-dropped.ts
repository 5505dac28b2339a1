import { drop, lockAll, Mutex, sleep } from 'fearless'

export async function add(a: Mutex<number>, b: Mutex<number>): Promise<void> {
  const both = await lockAll(a, b)
  both[0].value += both[1].value
  drop(both)
  await sleep(1)
}
