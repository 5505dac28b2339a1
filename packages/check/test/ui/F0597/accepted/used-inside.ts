import { Mutex } from 'fearless'

export function run(list: Mutex<number[]>): void {
  using guard = list.lock().wait()
  const values = guard.value
  values.push(1)
}
