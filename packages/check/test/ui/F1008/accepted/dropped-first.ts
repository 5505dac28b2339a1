import { Mutex, drop } from 'fearless'

export function run(total: Mutex<number>): void {
  const guard = total.lock().wait()
  guard.value += 1
  drop(guard)
  total.update(n => n + 1).wait()
}
