import { Mutex } from 'fearless'

export function run(locks: Mutex<number[]>[]): number {
  let last: number[] = []
  for (const lock of locks) {
    using guard = lock.lock().wait()
    last = guard.value
  }
  return last.length
}
