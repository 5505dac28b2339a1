import { Mutex } from 'fearless'

const a = new Mutex(0)
const b = new Mutex(0)
export function there(): void {
  {
    using x = a.lock().wait()
    x.value += 1
  }
  using y = b.lock().wait()
  y.value += 1
}
export function back(): void {
  {
    using y = b.lock().wait()
    y.value += 1
  }
  using x = a.lock().wait()
  x.value += 1
}
