import { Mutex } from 'fearless'

export function run(total: Mutex<number>): boolean {
  using guard = total.lock().wait()
  guard.value += 1
  return total.update(n => n * 2).try() === undefined
}
