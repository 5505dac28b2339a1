import { drop, lockAll, Mutex } from 'fearless'

export async function run(x: Mutex<number>, y: Mutex<number>): Promise<void> {
  const [a, b] = await lockAll(x, y)
  drop(a)
  b.value += await x.with(n => n)
  b.value += await y.with(n => n)
  drop(b)
}
