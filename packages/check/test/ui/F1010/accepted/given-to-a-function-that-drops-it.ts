import { drop, Mutex, type Guard } from 'fearless'
function finish(g: Guard<number>): void { g.value++; drop(g) }
const total = new Mutex(0)
export async function run(): Promise<void> {
  const g = await total.lock()
  finish(g)
  using again = await total.lock()
  again.value++
}
export function later(): void {
  const g = total.lock().wait()
  finish(g)
}
