/**
 * Measures whether the cost of a ConcurrentMap's operations depends on the number of entries and shards.
 *
 *     node --import @fearless/compiler/register src/sync/concurrent-map.bench.ts [10000000]
 *
 * Prints nanoseconds per operation as the median of five runs over random keys, and the slots that a search probes.
 * The argument is the largest number of entries; the default is 1,000,000. From 100,000 entries on, the map exceeds
 * the caches of the processor.
 */
import { ConcurrentMap, drop } from 'fearless'
import { PARALLELISM, i32 } from '../../dist/internal.js'
import { probesOf } from './map-probes.fixture.ts'

const RUNS = 5
const OPERATIONS = 20_000
const LARGEST = Number(process.argv[2] ?? 1_000_000)
const threads = i32[PARALLELISM >> 2]!

/** Creates a map as on a machine that runs `parallelism` threads in parallel. */
function mapFor(parallelism: number): ConcurrentMap<number, number> {
  i32[PARALLELISM >> 2] = parallelism
  try {
    return new ConcurrentMap()
  } finally {
    i32[PARALLELISM >> 2] = threads
  }
}

function time(f: (n: number) => void): string {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now()
    for (let n = 0; n < OPERATIONS; n++) f(n)
    return ((performance.now() - start) * 1e6) / OPERATIONS
  })
  const median = times.sort((a, b) => a - b)[RUNS >> 1]
  return median.toFixed(0).padStart(8)
}

console.log('  shards    entries     get     set  update  remove+set   places')
for (const parallelism of [1, 4, 16, 64]) {
  for (let entries = 1000; entries <= LARGEST; entries *= 10) {
    const map = mapFor(parallelism)
    for (let key = 0; key < entries; key++) map.set(key, key).try()
    const key = (n: number): number => (Math.imul(n, 40_503) % entries) & 0x7fff_ffff
    console.log(
      String(parallelism * 4).padStart(8) +
        entries.toLocaleString('en').padStart(11) +
        time(n => void map.get(key(n)).try()) +
        time(n => void map.set(key(n), n).try()) +
        time(n => void map.update(key(n), (value = 0) => value + 1).try()) +
        time(n => {
          map.remove(key(n)).try()
          map.set(key(n), n).try()
        }).padStart(12) +
        probesOf(map).toFixed(2).padStart(9),
    )
    drop(map)
  }
}
