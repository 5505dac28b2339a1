import { Mutex } from 'fearless'

export function run(locks: Mutex<number>[]): void {
  using all = new DisposableStack()
  for (const lock of locks) all.use(lock.lock().wait())
}
