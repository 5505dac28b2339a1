import { Mutex } from 'fearless'

const total = new Mutex(0)
function add(n: number): void {
  total.update(m => m + n).wait()
}
export function run(): void {
  using guard = total.lock().wait()
  add(guard.value)
}
