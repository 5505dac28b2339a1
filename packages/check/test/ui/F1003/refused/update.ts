import { Mutex } from 'fearless'

export function run(total: Mutex<number>): void {
  total.update(n => n + 1)
}
