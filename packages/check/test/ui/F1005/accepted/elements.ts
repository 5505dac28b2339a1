import { Mutex } from 'fearless'

const rows = [new Mutex(0), new Mutex(0)]
export function swap(i: number, j: number): void {
  const low = Math.min(i, j)
  const high = Math.max(i, j)
  using x = rows[low]!.lock().wait()
  using y = rows[high]!.lock().wait()
  x.value += y.value
}
