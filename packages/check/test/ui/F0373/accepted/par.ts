import { par, parIter } from 'fearless'

export async function run(data: number[], n: number): Promise<unknown> {
  await par.join(() => data.length, () => n)
  return parIter(data).map(x => x + n).sum()
}
