import { Mutex, drop } from 'fearless'

const a = new Mutex(0)
const b = new Mutex(0)
export function there(): void {
  const x = a.lock().wait()
  drop(x)
  b.update(n => n + 1).wait()
}
export function back(): void {
  const y = b.lock().wait()
  drop(y)
  a.update(n => n + 1).wait()
}
