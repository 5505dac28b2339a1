import { first, forth } from '../../Elsewhere/locks.ts'

export function run(): void {
  using guard = first.lock().wait()
  forth()
  guard.value += 1
}
