import { Mutex } from 'fearless'

const a = new Mutex(0)
const b = new Mutex(0)
function add(to: Mutex<number>, n: number): void {
  to.update(m => m + n).wait()
}
export function there(): void {
  using x = a.lock().wait()
  add(b, x.value)
}
export function back(): void {
  using y = b.lock().wait()
  add(a, y.value)
}
