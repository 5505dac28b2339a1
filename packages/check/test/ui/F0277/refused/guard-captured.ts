import { Mutex, move, thread } from 'fearless'

export function run(lock: Mutex<number>): void {
  using guard = lock.lock().wait()
  thread.spawn(move(() => guard.value))
}
