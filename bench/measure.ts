/**
 * The clock. Every number in the table comes out of one of these three functions.
 *
 * All of them warm up first, for as long as `budget.warmMs`, and answer with medians: a machine that is busy for a
 * moment moves the tail, not the median.
 */
export interface Budget {
  /** How long to run before anything counts. */
  readonly warmMs: number
  /** How long to measure. */
  readonly ms: number
}

export class Wrong extends Error {}

/** What makes a cell WRONG: the contender answered, with something else than the truth. */
export function expect<T>(what: string, actual: T, expected: T): void {
  if (!Object.is(actual, expected)) throw new Wrong(`${what}: expected ${String(expected)}, got ${String(actual)}`)
}

export function quantile(samples: readonly number[] | Float64Array, q: number): number {
  const sorted = Float64Array.from(samples).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

/** Milliseconds of each call, one call after the other. `after` runs between calls, outside the clock. */
export async function calls(
  call: (i: number) => Promise<void>,
  budget: Budget,
  after?: () => unknown,
): Promise<number[]> {
  const samples: number[] = []
  const from = performance.now() + budget.warmMs
  for (let i = 0; ; i++) {
    const start = performance.now()
    await call(i)
    const end = performance.now()
    if (start >= from) samples.push(end - start)
    if (after !== undefined) await after()
    if (samples.length >= 5 && end - from > budget.ms) return samples
  }
}

/**
 * Nanoseconds per item of a run that is told how many items to do. The number grows until one run fills a quarter of
 * the budget, which makes the hand-over to the threads negligible; then the median of four runs of that size.
 */
export async function perItem(run: (n: number) => Promise<void>, budget: Budget, most = 4_000_000): Promise<number> {
  let n = 1024
  const warmUntil = performance.now() + budget.warmMs
  do await run(n)
  while (performance.now() < warmUntil)
  for (;;) {
    // The better of two, or one stall of the machine would end the growth where only the hand-over is measured.
    const ms = Math.min(await timed(run, n), await timed(run, n))
    if (ms >= budget.ms / 4 || n >= most) break
    // At most eightfold: the first runs are slow ones and would be extrapolated too far the other way.
    n = Math.min(most, Math.ceil(n * Math.min(8, Math.max(2, budget.ms / 4 / ms))))
  }
  const samples: number[] = []
  for (let i = 0; i < 4; i++) samples.push(await timed(run, n))
  return (median(samples) / n) * 1e6
}

async function timed(run: (n: number) => Promise<void>, n: number): Promise<number> {
  const start = performance.now()
  await run(n)
  return performance.now() - start
}
