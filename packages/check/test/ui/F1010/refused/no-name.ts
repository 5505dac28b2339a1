import { Mutex } from 'fearless'

export function run(total: Mutex<number>): number {
  return total.lock().wait().value
}
