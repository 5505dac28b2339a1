import { drop, Mutex, mpsc } from 'fearless'
export async function guarded(m: Mutex<number>): Promise<number> {
  const g = await m.lock()
  try {
    if (g.value > 3) return g.value
    g.value++
    return 0
  } finally {
    drop(g)
  }
}
export function sender(n: number): void {
  const [tx, rx] = mpsc.channel<number>()
  try {
    if (n === 0) return
    tx.send(n)
  } finally {
    drop(tx)
  }
  console.log(rx)
}
export function maybe(m: Mutex<number>): boolean {
  const g = m.lock().try()
  if (g === undefined) return false
  try {
    g.value++
    return true
  } finally {
    g[Symbol.dispose]()
  }
}
export function maybe2(m: Mutex<number>): boolean {
  const g = m.lock().try()
  if (!g) return false
  g.value++
  drop(g)
  return true
}
