import { Mutex } from 'fearless'

export const first = new Mutex(0)
export const second = new Mutex(0)

export function forth(): void {
  using x = first.lock().wait()
  using y = second.lock().wait()
  y.value += x.value
}
