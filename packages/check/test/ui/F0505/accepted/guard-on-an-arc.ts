import { Arc, Mutex, move, thread } from 'fearless'

export function run(): void {
  const lock = new Arc(new Mutex(0))
  using guard = lock.lock().wait()
  thread.spawn(move(() => lock.isPoisoned))
  guard.value += 1
}
