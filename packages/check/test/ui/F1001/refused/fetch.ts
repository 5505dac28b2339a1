import { Arc, Mutex } from 'fearless'

const cache = new Arc(new Mutex(new Map<string, string>()))
export async function page(url: string): Promise<string> {
  using guard = await cache.lock()
  const known = guard.value.get(url)
  if (known !== undefined) return known
  const text = await (await fetch(url)).text()
  guard.value.set(url, text)
  return text
}
