import { Mutex } from 'fearless'

const a = new Mutex(0)
const b = new Mutex(0)
export function there(): void {
  using x = a.lock().wait()
  using y = b.lock().wait()
  y.value += x.value
}
export function back(): void {
  using y = b.lock().wait()
  using x = a.lock().wait()
  x.value += y.value
}
