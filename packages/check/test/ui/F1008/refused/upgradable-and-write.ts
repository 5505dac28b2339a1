import { RwLock } from 'fearless'

export function bump(lock: RwLock<number>): void {
  using seen = lock.upgradableRead().wait()
  using writer = lock.write().wait()
  writer.value = seen.value + 1
}
