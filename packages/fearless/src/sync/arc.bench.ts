/**
 * Measures shared ownership: nanoseconds to clone an Arc and drop the clone, and to upgrade a Weak and drop the
 * result.
 *
 *     node --import @fearless/compiler/register src/sync/arc.bench.ts
 *
 * Prints the minimum and the median of sixty interleaved runs. "core" is the work in the heap alone.
 */
import { Arc, Mutex, drop } from 'fearless'
import { core, self } from '../../dist/internal.js'

const RUNS = 60
const ROUNDS = 3000

const data = new Arc({ n: 1 })
const mutex = new Arc(new Mutex(0))
const weak = Arc.downgrade(data)
const { record, thing } = data as unknown as { record: number; thing: number }

const kinds: Record<string, () => void> = {
  'core: cloneOwner, endOwner': () => void core.dropOwner(self, core.cloneOwner(self, record, thing, 1), thing),
  'drop(Arc.clone(data))': () => drop(Arc.clone(data)),
  'drop(Arc.clone(mutex))': () => drop(Arc.clone(mutex)),
  'drop(weak.upgrade())': () => drop(weak.upgrade()!),
}

const times = new Map(Object.keys(kinds).map(name => [name, [] as number[]]))
for (let run = -5; run < RUNS; run++) {
  for (const [name, f] of Object.entries(kinds)) {
    const start = performance.now()
    for (let i = 0; i < ROUNDS; i++) f()
    if (run >= 0) times.get(name)!.push(((performance.now() - start) * 1e6) / ROUNDS)
  }
}
for (const [name, all] of times) {
  all.sort((a, b) => a - b)
  console.log(
    `${name.padEnd(32)} ${all[0].toFixed(1).padStart(7)} ns least ${all[RUNS >> 1].toFixed(1).padStart(7)} ns`,
  )
}
