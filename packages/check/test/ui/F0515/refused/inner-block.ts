import { Mutex } from 'fearless'

export function run(list: Mutex<Set<string>>, yes: boolean): Set<string> {
  if (yes) {
    using guard = list.lock().wait()
    return guard.value
  }
  return new Set()
}
