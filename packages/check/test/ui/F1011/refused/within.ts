import { Mutex, thread } from 'fearless'

export function run(total: Mutex<number>): void {
  const worker = thread.spawn(() => 1)
  const done = worker.join()
  using guard = total.lock().wait()
  guard.value += done.within(10).wait()
}
