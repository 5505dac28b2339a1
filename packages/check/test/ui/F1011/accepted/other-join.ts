import { Mutex } from 'fearless'

export function run(names: Mutex<string[]>): string {
  using guard = names.lock().wait()
  return guard.value.join()
}
