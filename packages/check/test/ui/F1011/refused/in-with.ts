import { Mutex, thread } from 'fearless'

export function run(total: Mutex<number>): void {
  const worker = thread.spawn(() => 1)
  total.update(n => n + worker.join().wait()).wait()
}
