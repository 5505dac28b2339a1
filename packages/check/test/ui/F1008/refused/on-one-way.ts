import { Mutex } from 'fearless'

export function run(total: Mutex<number>, twice: boolean): void {
  using guard = total.lock().wait()
  if (twice) total.update(n => n * 2).wait()
  guard.value += 1
}
