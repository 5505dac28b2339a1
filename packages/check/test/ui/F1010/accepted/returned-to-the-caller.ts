import { Mutex, type Guard } from 'fearless'
const total = new Mutex(0)
export async function open(): Promise<Guard<number>> {
  const g = await total.lock()
  g.value++
  return g
}
export async function use(): Promise<void> {
  using g = await open()
  g.value++
}
