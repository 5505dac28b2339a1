import { Mutex, thread, type Wait } from 'fearless'

export function run(total: Mutex<number>): Wait<number> {
  const worker = thread.spawn(() => 1)
  using guard = total.lock().wait()
  guard.value += worker.try() ?? 0
  return worker.join()
}
