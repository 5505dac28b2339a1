import { Mutex } from 'fearless'

export function run(lock: Mutex<{ n: number }>, yes: boolean): number {
  let state = { n: 0 }
  if (yes) {
    using guard = lock.lock().wait()
    state = guard.value
  }
  return state.n
}
