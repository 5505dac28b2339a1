/** The work of one request: `steps` steps of arithmetic, which no compiler removes. */
export function work(steps: number): number {
  let x = 88172645
  for (let i = 0; i < steps; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
  }
  return x
}
