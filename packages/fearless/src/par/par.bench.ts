/**
 * Parallel iterators against the loop that one would write by hand.
 *
 *     node --import @fearless/compiler/register src/par/par.bench.ts [name]
 *
 * Prints medians in milliseconds and how many times faster the parallel iterator is. Cheap work over numbers in memory
 * is bound by memory, and stays on the calling thread. Work that computes uses every core.
 */
import { par, parIter } from 'fearless'

const only = process.argv[2]
const RUNS = 11

function isPrime(n: number): boolean {
  if (n < 2) return false
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return true
}

function escape(at: number): number {
  const cr = ((at % 1000) / 1000) * 3 - 2
  const ci = (Math.floor(at / 1000) / 1000) * 2 - 1
  let [x, y, n] = [0, 0, 0]
  while (x * x + y * y <= 4 && n < 200) {
    const t = x * x - y * y + cr
    y = 2 * x * y + ci
    x = t
    n++
  }
  return n
}

const million = Array.from({ length: 1e6 }, (_, i) => i)
const floats = Float64Array.from(million)
const many = new Float64Array(1e7).fill(1.5)
const few = million.slice(0, 10_000)
const hundred = million.slice(0, 100)

const rows: Record<string, [() => unknown, () => PromiseLike<unknown>]> = {
  'sum of 100': [() => loopSum(hundred), () => parIter(hundred).sum()],
  'sum of 10,000': [() => loopSum(few), () => parIter(few).sum()],
  'sum of 1e6': [() => loopSum(floats), () => parIter(floats).sum()],
  'sum of 1e7': [() => loopSum(many), () => parIter(many).sum()],
  'filter, map, sum of 1e6': [
    () => {
      let sum = 0
      for (const x of million) if (x % 2 === 0) sum += x * x
      return sum
    },
    () =>
      parIter(million)
        .filter(x => x % 2 === 0)
        .map(x => x * x)
        .sum(),
  ],
  'map, collect of 1e6': [
    () => million.map(x => x * 2),
    () =>
      parIter(million)
        .map(x => x * 2)
        .collect(),
  ],
  'map, collect of 10,000': [
    () => few.map(x => Math.sqrt(x) ** 1.5),
    () =>
      parIter(few)
        .map(x => Math.sqrt(x) ** 1.5)
        .collect(),
  ],
  'primes below 2e6': [
    () => {
      let count = 0
      for (let n = 0; n < 2e6; n++) if (isPrime(n)) count++
      return count
    },
    () =>
      parIter(par.range(0, 2e6))
        .filter(n => isPrime(n))
        .count(),
  ],
  'mandelbrot 1000 x 1000': [
    () => {
      let sum = 0
      for (let at = 0; at < 1e6; at++) sum += escape(at)
      return sum
    },
    () =>
      parIter(par.range(0, 1e6))
        .map(at => escape(at))
        .sum(),
  ],
}

function loopSum(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum
}

/** Sums of doubles depend on the order of additions, which differs from that of a loop. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= Math.abs(a) * 1e-9
  return JSON.stringify(a) === JSON.stringify(b)
}

async function median(f: () => unknown): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now()
    await f()
    times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)[RUNS >> 1]
}

for (const [name, [loop, parallel]] of Object.entries(rows)) {
  if (only !== undefined && !name.includes(only)) continue
  const [expected, got] = [loop(), await parallel()]
  const wrong = isSame(expected, got) ? '' : '  WRONG'
  const [alone, shared] = [await median(loop), await median(parallel)]
  console.log(
    `${name.padEnd(26)} loop ${alone.toFixed(3).padStart(9)} ms   parIter ${shared.toFixed(3).padStart(9)} ms   ${(alone / shared).toFixed(2)}x${wrong}`,
  )
}
