import { Arc, Condvar, drop, Mutex } from 'fearless'
const queue = new Arc(new Mutex<number[]>([]))
const c = new Arc(new Condvar())
export async function one(): Promise<void> {
  const g = await queue.lock()
  drop(await c.until(g))
}
export async function two(): Promise<number> {
  const g = await queue.lock()
  const again = await c.until(g)
  const n = again.value.length
  drop(again)
  return n
}
export async function three(): Promise<void> {
  let g = await queue.lock()
  while (g.value.length === 0) g = await c.until(g)
  g.value = []
  drop(g)
}
export async function four(): Promise<void> {
  using g = await queue.lock()
  while (g.value.length === 0) await c.until(g)
  g.value = []
}
export function five(): void {
  const g = queue.lock().wait()
  const again = c.until(g).wait()
  again.value = []
  drop(again)
}
