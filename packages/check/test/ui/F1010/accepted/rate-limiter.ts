import { Semaphore } from 'fearless'
const limit = new Semaphore(4)
export async function limited<T>(work: () => Promise<T>): Promise<T> {
  const permit = await limit.acquire()
  try {
    return await work()
  } finally {
    permit[Symbol.dispose]()
  }
}
export async function limited2<T>(work: () => Promise<T>): Promise<T> {
  using _permit = await limit.acquire()
  return await work()
}
