import { Mutex, RwLock, drop } from 'fearless'

export function main() {
  const total = new Mutex(0)
  using guard = total.getMut()
  guard.value += 1
  const names = new RwLock(['a'])
  const all = names.getMut()
  all.value.push('b')
  drop(all)
}
