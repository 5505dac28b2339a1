import { Mutex } from 'fearless'

export async function add(total: Mutex<number>): Promise<void> {
  ;(await total.lock()).value += 1
  console.log(await total.with(n => n))
}
