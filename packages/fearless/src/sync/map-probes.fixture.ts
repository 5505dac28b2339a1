/** Returns the number of slots that a search of a ConcurrentMap probes, on average over all its entries. */
import type { ConcurrentMap, MapKey } from 'fearless'
import { i32 } from '../../dist/internal.js'

// The layout is defined in map-shard.ts and core/table.ts.
const SHARDS = 4
const FIRST_SHARD = 12
const SHARD_BYTES = 12
const TABLE = 4
const FIRST_PLACE = 16
const GONE = 1

export function probesOf<K extends MapKey, V>(of: ConcurrentMap<K, V>): number {
  const map = (of as unknown as { readonly thing: number }).thing
  let [probes, nodes] = [0, 0]
  for (let k = 0; k < i32[(map + SHARDS) >> 2]!; k++) {
    const table = i32[(map + FIRST_SHARD + k * SHARD_BYTES + TABLE) >> 2]!
    const places = i32[table >> 2]!
    for (let i = 0; i < places; i++) {
      const node = i32[(table + FIRST_PLACE + i * 4) >> 2]!
      if (node <= GONE) continue
      probes += ((i - i32[node >> 2]!) & (places - 1)) + 1
      nodes++
    }
  }
  return probes / nodes
}
