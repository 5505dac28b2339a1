import { Arc, Mutex, move, thread } from 'fearless'

const total = new Arc(new Mutex(0))
export function run(): void {
  const worker = thread.spawn(move(() => total.update(n => n + 1).wait()))
  using guard = total.lock().wait()
  worker.join().wait()
  guard.value += 1
}
