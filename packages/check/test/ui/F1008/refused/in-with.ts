import { Mutex } from 'fearless'

const total = new Mutex(0)
export function run(): void {
  total.with(n => total.update(m => m + n).wait()).wait()
}
