import { Mutex, select, sleep, thread } from 'fearless'

export function run(total: Mutex<number>): void {
  const worker = thread.spawn(() => 1)
  using guard = total.lock().wait()
  select({ worker, late: sleep(10) }).wait()
  guard.value += 1
}
