import { Mutex, RwLock, Semaphore, sleep } from 'fearless'

const m = new Mutex(0)
const lock = new RwLock(0)
const permits = new Semaphore(1)

export async function first(): Promise<void> {
  await Promise.race([m.lock(), sleep(100)])
  await Promise.race([lock.write(), sleep(100)])
  await Promise.race([permits.acquire(), sleep(100)])
}
