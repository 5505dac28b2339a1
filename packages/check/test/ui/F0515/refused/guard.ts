import { Mutex, type Guard } from 'fearless'

export function run(list: Mutex<number[]>): Guard<number[]> {
  using guard = list.lock().wait()
  return guard
}
