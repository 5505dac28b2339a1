import { Arc, Mutex } from 'fearless'

const total = new Arc(new Mutex(0))
const same = Arc.clone(total)
export function run(): void {
  using guard = total.lock().wait()
  same.update(n => n + guard.value).wait()
}
