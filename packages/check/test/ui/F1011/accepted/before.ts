import { Mutex, thread } from 'fearless'

export function run(total: Mutex<number>): void {
  const worker = thread.spawn(() => 1)
  const n = worker.join().wait()
  using guard = total.lock().wait()
  guard.value += n
}
