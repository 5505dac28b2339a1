import { Mutex } from 'fearless'

export async function add(total: Mutex<number>): Promise<void> {
  using guard = total.lock().wait()
  guard.value += 1
}
