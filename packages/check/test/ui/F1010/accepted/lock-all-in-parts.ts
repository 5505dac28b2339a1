import { drop, lockAll, Mutex, type Guard } from 'fearless'

export async function parts(x: Mutex<number>, y: Mutex<number>): Promise<void> {
  const [a, b] = await lockAll(x, y)
  try {
    a.value += b.value
  } finally {
    drop(a)
    drop(b)
  }
}
export async function using_(x: Mutex<number>, y: Mutex<number>): Promise<void> {
  const [a, b] = await lockAll(x, y)
  using one = a
  using two = b
  one.value += two.value
}
export async function both(x: Mutex<number>, y: Mutex<number>): Promise<void> {
  using both = await lockAll(x, y)
  const [a, b] = both
  a.value += b.value
}
export async function given(x: Mutex<number>, y: Mutex<number>): Promise<Guard<number>[]> {
  const [a, b] = await lockAll(x, y)
  return [a, b]
}
export async function together(x: Mutex<number>, y: Mutex<number>): Promise<void> {
  const [a, b] = await Promise.all([x.lock(), y.lock()])
  a.value += b.value
  drop(a)
  drop(b)
}
