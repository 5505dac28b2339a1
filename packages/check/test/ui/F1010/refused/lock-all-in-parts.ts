import { drop, lockAll, Mutex } from 'fearless'

export async function kept(x: Mutex<number>, y: Mutex<number>): Promise<void> {
  const [a, b] = await lockAll(x, y)
  a.value += b.value
  drop(a)
}
export async function lost(x: Mutex<number>, y: Mutex<number>): Promise<void> {
  const [, b] = await lockAll(x, y)
  b.value++
  drop(b)
}
export function blocking(x: Mutex<number>, y: Mutex<number>): void {
  const [a, b] = lockAll(x, y).wait()
  drop(b)
  a.value++
}
export async function together(x: Mutex<number>, y: Mutex<number>): Promise<void> {
  const [a, b] = await Promise.all([x.lock(), y.lock()])
  a.value += b.value
  drop(b)
}
