import { first, second } from '../../Elsewhere/locks.ts'

export function back(): void {
  using y = second.lock().wait()
  using x = first.lock().wait()
  x.value += y.value
}
