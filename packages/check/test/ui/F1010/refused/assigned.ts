import { Mutex } from 'fearless'

export function run(total: Mutex<number>): void {
  (total.lock().wait()).value = 5
}
