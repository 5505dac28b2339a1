import { Mutex, drop, thread } from 'fearless'

export function run(total: Mutex<number>): void {
  const worker = thread.spawn(() => 1)
  const guard = total.lock().wait()
  guard.value += worker.join().wait()
  drop(guard)
}
