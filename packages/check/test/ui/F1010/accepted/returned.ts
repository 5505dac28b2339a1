import { Mutex, type Guard } from 'fearless'

export const open = (total: Mutex<number>): Guard<number> => total.lock().wait()
export function take(total: Mutex<number>): Guard<number> {
  const guard = total.lock().wait()
  return guard
}
