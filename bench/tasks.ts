/**
 * The work of the rows. Every contender in JavaScript runs these functions, in its threads or through its loops;
 * bench/rust does the same arithmetic.
 */
import type { Message } from './messages.ts'

export function increment(x: number): number {
  return x + 1
}

export function incrementAll(xs: number[]): number[] {
  return xs.map(increment)
}

export function bumpObjects(list: Message[]): Message[] {
  for (const item of list) item.x += 1
  return list
}

export function bump(data: Float64Array): Float64Array {
  data[0] += 1
  data[data.length - 1] += 1
  return data
}

export function sum(xs: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < xs.length; i++) total += xs[i]
  return total
}

export function evenSquares(xs: readonly number[] | Float64Array): number[] | Float64Array {
  return xs instanceof Float64Array ? evenSquaresF64(xs) : xs.filter(x => x % 2 === 0).map(x => x * x)
}

function evenSquaresF64(xs: Float64Array): Float64Array {
  const kept = new Float64Array(xs.length)
  let length = 0
  for (let i = 0; i < xs.length; i++) if (xs[i] % 2 === 0) kept[length++] = xs[i] * xs[i]
  return kept.slice(0, length)
}

export function evenSquaresSum(xs: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < xs.length; i++) if (xs[i] % 2 === 0) total += xs[i] * xs[i]
  return total
}

/** Counts the primes among the thousand numbers from `start` on, by trial division. */
export function primes(start: number): number {
  let count = 0
  for (let n = start; n < start + 1000; n++) {
    let prime = n > 1
    for (let d = 2; d * d <= n; d++) {
      if (n % d === 0) {
        prime = false
        break
      }
    }
    if (prime) count++
  }
  return count
}

const SIDE = 256
const ITERATIONS = 200

/** Returns the iterations of one row of a 256 x 256 picture of the Mandelbrot set. */
export function mandelbrot(row: number): number {
  const ci = (row / SIDE) * 2 - 1
  let total = 0
  for (let column = 0; column < SIDE; column++) {
    const cr = (column / SIDE) * 3 - 2
    let zr = 0
    let zi = 0
    let i = 0
    for (; i < ITERATIONS; i++) {
      const rr = zr * zr
      const ii = zi * zi
      if (rr + ii > 4) break
      zi = 2 * zr * zi + ci
      zr = rr - ii + cr
    }
    total += i
  }
  return total
}

export const WORK = { primes, mandelbrot }

/** Inputs of uneven cost, like real work. */
export const INPUTS = {
  primes: Array.from({ length: 400 }, (_, i) => i * 1000),
  mandelbrot: Array.from({ length: SIDE }, (_, i) => i),
}

/** A piece of a computation, for contenders that distribute pieces by hand. */
export function compute({ work, inputs }: { work: keyof typeof WORK; inputs: readonly number[] }): number {
  return sum(inputs.map(WORK[work]))
}
