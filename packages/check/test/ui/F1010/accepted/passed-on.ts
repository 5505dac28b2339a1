import { Mutex, type Guard } from 'fearless'
declare function keep(guard: Guard<number>): void

export function run(total: Mutex<number>): void {
  keep(total.lock().wait())
}
