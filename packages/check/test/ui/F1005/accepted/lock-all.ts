import { lockAll, Mutex } from 'fearless'

const a = new Mutex(1)
const b = new Mutex(2)

export async function forth(): Promise<void> {
  using both = await lockAll(a, b)
  both[0].value += both[1].value
}

export async function back(): Promise<void> {
  using both = await lockAll(b, a)
  both[0].value += both[1].value
}

export function blocking(): number {
  using both = lockAll(b, a).wait()
  return both[0].value
}
