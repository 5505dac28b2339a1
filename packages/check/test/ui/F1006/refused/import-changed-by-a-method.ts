import { parIter } from 'fearless'
import { cache } from '../../Elsewhere/stats.ts'

export async function fill(keys: readonly string[]): Promise<number> {
  await parIter(keys).forEach(key => cache.put(key))
  return cache.size
}
