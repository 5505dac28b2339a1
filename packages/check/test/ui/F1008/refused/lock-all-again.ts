import { lockAll, Mutex } from 'fearless'

export async function add(a: Mutex<number>, b: Mutex<number>): Promise<void> {
  using both = await lockAll(a, b)
  both[0].value += await b.with(n => n)
}
