import { drop, mpsc, Mutex } from 'fearless'
const exit = (code: number): never => process.exit(code)
function fail(): never { throw new Error('bad') }
export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  tx.send(1)
  for await (const n of rx) if (n > 0) fail()
}
export async function run2(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  tx.send(1)
  for await (const n of rx) if (n > 0) exit(0)
}
export function locked(m: Mutex<number>): void {
  const g = m.lock().wait()
  if (g.value > 3) { drop(g); fail() }
  g.value++
  drop(g)
}
