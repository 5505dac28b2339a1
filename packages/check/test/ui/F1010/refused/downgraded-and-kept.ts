import { RwLock } from 'fearless'

export async function read(lock: RwLock<number>): Promise<number> {
  const writer = await lock.write()
  writer.value = 2
  const reader = writer.downgrade()
  return reader.value
}
