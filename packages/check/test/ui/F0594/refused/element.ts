import { parIter } from 'fearless'

export async function run(rows: number[]): Promise<number[]> {
  const out = new Array<number>(rows.length)
  await parIter(rows).forEach(row => {
    out[row] = row * 2
  })
  return out
}
