/**
 * Measures atomics: nanoseconds per operation, and the ratio to `Atomics.add` on a view of shared memory.
 *
 *     node --import @fearless/compiler/register src/sync/atomic.bench.ts
 *
 * Prints the minimum of sixty interleaved runs, minus the cost of calling an empty function.
 */
import { AtomicBool, AtomicF64, AtomicI32, AtomicI64, AtomicU8 } from 'fearless'

const RUNS = 60
const ROUNDS = 20_000

const view = new Int32Array(new SharedArrayBuffer(64))
const [i32, u8, f64, i64, bool] = [
  new AtomicI32(0),
  new AtomicU8(0),
  new AtomicF64(0),
  new AtomicI64(0n),
  new AtomicBool(false),
]

const kinds: Record<string, () => unknown> = {
  nothing: () => 1,
  'Atomics.add on an Int32Array': () => Atomics.add(view, 0, 1),
  'AtomicI32.fetchAdd': () => i32.fetchAdd(1),
  'AtomicI32.load': () => i32.load(),
  'AtomicI32.compareExchange': () => i32.compareExchange(0, 0),
  'AtomicU8.fetchAdd': () => u8.fetchAdd(1),
  'AtomicBool.swap': () => bool.swap(true),
  'AtomicF64.fetchAdd': () => f64.fetchAdd(0.5),
  'AtomicI64.fetchAdd': () => i64.fetchAdd(1n),
}

const least = new Map(Object.keys(kinds).map(name => [name, Infinity]))
for (let run = -5; run < RUNS; run++) {
  for (const [name, f] of Object.entries(kinds)) {
    const start = performance.now()
    for (let i = 0; i < ROUNDS; i++) f()
    if (run >= 0) least.set(name, Math.min(least.get(name)!, ((performance.now() - start) * 1e6) / ROUNDS))
  }
}
const nothing = least.get('nothing')!
const unit = least.get('Atomics.add on an Int32Array')! - nothing
for (const [name, time] of least) {
  if (name === 'nothing') continue
  const net = time - nothing
  console.log(`${name.padEnd(44)} ${net.toFixed(1).padStart(8)} ns ${(net / unit).toFixed(2)}x`)
}
