import { first, second } from '../../Elsewhere/locks.ts'

export function forth(): void {
  using x = first.lock().wait()
  using y = second.lock().wait()
  x.value += y.value
}
