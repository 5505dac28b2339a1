import { par, parIter } from 'fearless'

function fill(side: number[], value: number): void {
  for (const i of side.keys()) side[i] = value
}
const record = (out: number[], x: number): void => void out.push(x)

export async function both(left: number[], right: number[]): Promise<number[]> {
  await par.join(
    () => fill(left, 1),
    () => fill(right, 2),
  )
  const out: number[] = []
  await parIter(left).forEach(x => record(out, x))
  return out
}
