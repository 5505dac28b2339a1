/** Parallel loops over numbers, as rayon's, and the speed-up of compute-bound work. */
import { availableParallelism } from 'node:os'
import type { Contender, Loaded, Work } from '../contender.ts'
import { calls, expect, median } from '../measure.ts'
import { INPUTS, WORK, evenSquares, evenSquaresSum, sum } from '../tasks.ts'
import type { Conditions, Metric, Reading, Row, With } from './row.ts'
import { metric, needs } from './row.ts'

const MILLION = 1_000_000
type Numbers = readonly number[] | Float64Array<ArrayBuffer>

/** 1..=n, as in the lesson. */
function counting(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1)
}

/** Small enough that a sum of squares is exact in every order of additions. */
function small(): number[] {
  return Array.from({ length: MILLION }, (_, i) => i % 1000)
}

function checkSquares(squares: ArrayLike<number>): void {
  const expected = evenSquares(small())
  expect('number of squares', squares.length, expected.length)
  for (let i = 0; i < expected.length; i++) {
    if (squares[i] !== expected[i]) expect(`square ${i}`, squares[i], expected[i])
  }
}

function row<T>(
  id: string,
  title: string,
  numbers: () => Numbers,
  method: (loaded: Loaded) => (() => Promise<T>) | undefined,
  check: (result: T) => void,
): Row {
  async function run(contender: Contender, conditions: Conditions, loop: () => Promise<T>): Promise<Reading> {
    await contender.open(availableParallelism())
    let result: T
    const samples = await calls(
      async () => {
        result = await loop()
      },
      conditions,
      () => check(result),
    )
    return { us: median(samples) * 1e3 }
  }
  return {
    id,
    metrics: [metric('us', title, 'us')],
    run: (contender, conditions) => {
      const loop = contender.load && method(contender.load(numbers()))
      return loop && run(contender, conditions, loop)
    },
  }
}

function computeRow(work: Work, title: string): Row {
  async function run(contender: With<'compute'>, conditions: Conditions): Promise<Reading> {
    await contender.open(availableParallelism())
    const inputs = INPUTS[work]
    const alone: number[] = []
    const together: number[] = []
    const expected = sum(inputs.map(WORK[work]))
    await contender.compute(work, inputs)
    // Alternately, so that a short load of the machine affects both.
    const until = performance.now() + 2 * conditions.ms
    do {
      const start = performance.now()
      expect('answer', sum(inputs.map(WORK[work])), expected)
      const middle = performance.now()
      expect('answer', await contender.compute(work, inputs), expected)
      alone.push(middle - start)
      together.push(performance.now() - middle)
    } while (performance.now() < until || alone.length < 3)
    return { ms: median(together), speedup: median(alone) / median(together) }
  }
  const metrics: Metric[] = [
    metric('ms', `${title}, in parallel`, 'ms'),
    metric('speedup', `${title}, speed-up over one thread`, 'x'),
  ]
  return { id: `compute-${work}`, metrics, run: needs('compute', run) }
}

const sumTo = (n: number) => (total: number) => expect('sum', total, (n * (n + 1)) / 2)

export const parRows: readonly Row[] = [
  row(
    'par-sum-1000',
    'parIter sum of 1..=1000',
    () => counting(1000),
    l => l.sum,
    sumTo(1000),
  ),
  row(
    'par-sum-1e6',
    'parIter sum of 1..=1e6',
    () => counting(MILLION),
    l => l.sum,
    sumTo(MILLION),
  ),
  row(
    'par-sum-f64',
    'parIter sum of 1e6 f64',
    () => Float64Array.from(counting(MILLION)),
    l => l.sum,
    sumTo(MILLION),
  ),
  row('par-collect', 'parIter filter, map, collect, 1e6', small, l => l.evenSquares, checkSquares),
  row(
    'par-collect-f64',
    'parIter filter, map, collect, 1e6 f64',
    () => Float64Array.from(small()),
    l => l.evenSquares,
    checkSquares,
  ),
  row(
    'par-even-sum-f64',
    'parIter filter, map, sum, 1e6 f64',
    () => Float64Array.from(small()),
    l => l.evenSquaresSum,
    total => expect('sum', total, evenSquaresSum(small())),
  ),
  computeRow('primes', 'primes below 400,000'),
  computeRow('mandelbrot', 'Mandelbrot, 256 x 256'),
]
