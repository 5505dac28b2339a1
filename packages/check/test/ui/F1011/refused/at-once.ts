import { Mutex, thread } from 'fearless'

export function run(total: Mutex<number>): void {
  using guard = total.lock().wait()
  guard.value += thread.spawn(() => 1).join().wait()
}
