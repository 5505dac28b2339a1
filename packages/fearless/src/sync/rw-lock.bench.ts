/**
 * Compares an uncontended RwLock with a Mutex: nanoseconds per lock and unlock, and the ratio to the Mutex.
 *
 *     node --import @fearless/compiler/register src/sync/rw-lock.bench.ts
 *
 * Prints the median of nine interleaved runs. "object" reads an unchanged value, which is decoded once.
 */
import { Mutex, RwLock } from 'fearless'
import { core, self } from '../../dist/internal.js'

const RUNS = 9
const ROUNDS = 200_000

const mutex = new Mutex(0)
const lock = new RwLock(0)
const thing = (lock as unknown as { thing: number }).thing
const data = { id: 1, name: 'abcdefgh', x: 1.5, ok: true }
const objectMutex = new Mutex({ ...data })
const objectLock = new RwLock({ ...data })

const kinds: Record<string, () => unknown> = {
  'Mutex: using g = lock().wait(); g.value': () => {
    using g = mutex.lock().wait()
    return g.value
  },
  'RwLock: using g = read().wait(); g.value': () => {
    using g = lock.read().wait()
    return g.value
  },
  'RwLock: using g = write().wait(); g.value': () => {
    using g = lock.write().wait()
    return g.value
  },
  'core: readTry, readEnd': () => core.readUnlock(self, thing, core.readTry(self, thing)),
  'core: writeTry, writeEnd': () => {
    core.writeTry(self, thing)
    core.writeUnlock(self, thing)
  },
  'Mutex: an object': () => {
    using g = objectMutex.lock().wait()
    return g.value.id
  },
  'RwLock: read an object': () => {
    using g = objectLock.read().wait()
    return g.value.id
  },
}

const times = new Map(Object.keys(kinds).map(name => [name, [] as number[]]))
for (let run = -2; run < RUNS; run++) {
  for (const [name, f] of Object.entries(kinds)) {
    const start = performance.now()
    for (let i = 0; i < ROUNDS; i++) f()
    if (run >= 0) times.get(name)!.push(((performance.now() - start) * 1e6) / ROUNDS)
  }
}
const medians = [...times].map(([name, all]) => [name, all.sort((a, b) => a - b)[RUNS >> 1]] as const)
for (const [name, median] of medians)
  console.log(`${name.padEnd(44)} ${median.toFixed(1).padStart(8)} ns ${(median / medians[0][1]).toFixed(2)}x`)
