import { Mutex, type Guard } from 'fearless'

export function run(total: Mutex<number>): Guard<number> {
  const guard = total.lock().wait()
  return guard
}
