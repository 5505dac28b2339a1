import { Mutex } from 'fearless'

export const total = new Mutex(0)
export function addOne(): void {
  total.update(n => n + 1).wait()
}
