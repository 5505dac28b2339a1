import { Mutex, drop } from 'fearless'

export function run(): void {
  const lock = new Mutex(0)
  using guard = lock.lock().wait()
  guard.value += 1
  drop(lock)
}
