import { Mutex, RwLock } from 'fearless'

export function main() {
  const total = new Mutex(0)
  const guard = total.getMut()
  guard.value += 1
  const names = new RwLock(['a'])
  names.getMut().value.push('b')
}
