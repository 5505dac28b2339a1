import { Mutex } from 'fearless'

const a = new Mutex(0)
const b = new Mutex(0)
function addToB(n: number): void {
  b.update(y => y + n).wait()
}
export function there(): void {
  using x = a.lock().wait()
  addToB(x.value)
}
export function back(): void {
  using y = b.lock().wait()
  a.update(x => x + y.value).wait()
}
