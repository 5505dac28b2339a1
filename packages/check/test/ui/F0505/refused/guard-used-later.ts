import { Mutex, drop, move, thread } from 'fearless'

export function run(): void {
  const lock = new Mutex(0)
  const guard = lock.lock().wait()
  thread.spawn(move(() => lock.isPoisoned))
  guard.value += 1
  drop(guard)
}
