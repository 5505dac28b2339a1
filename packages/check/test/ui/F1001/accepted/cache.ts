import { Arc, RwLock } from 'fearless'
const cache = new Arc(new RwLock(new Map<string, string>()))
export async function get(key: string, load: (key: string) => Promise<string>): Promise<string> {
  {
    using seen = await cache.read()
    const found = seen.value.get(key)
    if (found !== undefined) return found
  }
  const made = await load(key)
  {
    using all = await cache.write()
    all.value = new Map(all.value).set(key, made)
  }
  return made
}
