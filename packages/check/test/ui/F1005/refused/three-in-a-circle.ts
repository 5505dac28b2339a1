import { Mutex } from 'fearless'

const a = new Mutex(0)
const b = new Mutex(0)
const c = new Mutex(0)
export function first(): void {
  using x = a.lock().wait()
  b.update(n => n + x.value).wait()
}
export function second(): void {
  using y = b.lock().wait()
  c.update(n => n + y.value).wait()
}
export function third(): void {
  using z = c.lock().wait()
  a.update(n => n + z.value).wait()
}
