import { Mutex, thread } from 'fearless'

export function run(total: Mutex<number>): void {
  const workers = [thread.spawn(() => 1), thread.spawn(() => 2)]
  using guard = total.lock().wait()
  for (const worker of workers) guard.value += worker.join().wait()
}
