import { Mutex } from 'fearless'

const count = new Mutex({ n: 0 })
export async function read(): Promise<number> {
  const { value } = await count.lock()
  const tried = count.lock().try()!.value
  const maybe = count.lock().try()?.value.n
  return value.n + tried.n + (maybe ?? 0)
}
