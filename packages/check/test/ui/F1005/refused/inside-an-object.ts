import { Mutex } from 'fearless'

const locks = { a: new Mutex(0), b: new Mutex(0) }
export function there(): void {
  using x = locks.a.lock().wait()
  using y = locks.b.lock().wait()
  y.value += x.value
}
export function back(): void {
  using y = locks.b.lock().wait()
  using x = locks.a.lock().wait()
  x.value += y.value
}
