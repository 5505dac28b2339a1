import { Mutex } from 'fearless'

export function run(list: Mutex<number[]>): number {
  let size = 0
  {
    using guard = list.lock().wait()
    size = guard.value.length
  }
  return size
}
