import { Mutex } from 'fearless'

const a = new Mutex(0)
const b = new Mutex(0)
export function there(): void {
  a.with(x => b.update(y => y + x).wait()).wait()
}
export function back(): void {
  b.with(y => a.update(x => x + y).wait()).wait()
}
