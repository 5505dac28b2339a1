import { drop, lockAll, Mutex, sleep } from 'fearless'

export async function run(x: Mutex<number>, y: Mutex<number>): Promise<void> {
  const [a, b] = await lockAll(x, y)
  a.value += b.value
  drop(a)
  await sleep(10)
  drop(b)
  await sleep(10)
}
