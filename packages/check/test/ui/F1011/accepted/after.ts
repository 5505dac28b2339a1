import { Mutex, thread } from 'fearless'

export function run(total: Mutex<number>): void {
  const worker = thread.spawn(() => 1)
  {
    using guard = total.lock().wait()
    guard.value += 1
  }
  worker.join().wait()
}
