import { Mutex } from 'fearless'

export const run = (list: Mutex<number[]>): number[] => {
  using guard = list.lock().wait()
  return guard.value!
}
