import { Mutex } from 'fearless'

export async function both(a: Mutex<number>, b: Mutex<number>): Promise<void> {
  using x = await a.lock()
  using y = await b.lock()
  x.value += y.value
}
