import { Mutex } from 'fearless'

export function run(list: Mutex<number[]>): number {
  using guard = list.lock().wait()
  return guard.value.reduce((a, b) => a + b, 0)
}
