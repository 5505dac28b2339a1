/**
 * The clock. Every number in the table is a result of one of these three functions.
 *
 * Each of them first warms up for `budget.warmMs`, and returns medians, because a short load of the machine moves the
 * tail and not the median.
 */
export interface Budget {
  /** Duration of the warm-up. */
  readonly warmMs: number
  /** Duration of the measurement. */
  readonly ms: number
}

export class Wrong extends Error {}

/** The error that makes a cell WRONG: the contender returned a wrong result. */
export function expect<T>(name: string, actual: T, expected: T): void {
  if (!Object.is(actual, expected)) throw new Wrong(`${name}: expected ${String(expected)}, got ${String(actual)}`)
}

export function quantile(samples: readonly number[] | Float64Array, q: number): number {
  const sorted = Float64Array.from(samples).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

/** Measures each call in milliseconds, one call after the other. `after` runs between calls, not timed. */
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
 * Measures nanoseconds per item of a run with a given number of items. The number grows until one run fills a quarter
 * of the budget, so that the cost of starting the threads' work is negligible. Returns the median of four such runs.
 */
export async function perItem(run: (n: number) => Promise<void>, budget: Budget, most = 4_000_000): Promise<number> {
  let n = 1024
  const warmUntil = performance.now() + budget.warmMs
  do await run(n)
  while (performance.now() < warmUntil)
  for (;;) {
    // The better of two, because one stall of the machine would end the growth too early.
    const ms = Math.min(await timed(run, n), await timed(run, n))
    if (ms >= budget.ms / 4 || n >= most) break
    // At most eightfold, because the first runs are slow and would be extrapolated too far.
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
