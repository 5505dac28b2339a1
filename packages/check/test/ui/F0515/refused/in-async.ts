import { Mutex } from 'fearless'

export async function run(list: Mutex<{ n: number }>): Promise<{ n: number }> {
  using guard = await list.lock()
  return guard.value
}
