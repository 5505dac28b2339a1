import { Arc, Mutex, move, thread } from 'fearless'

export function run(): void {
  const total = new Arc(new Mutex(0))
  using guard = total.lock().wait()
  thread.spawn(move(() => total.update(n => n + 1).wait()))
  guard.value += 1
}
