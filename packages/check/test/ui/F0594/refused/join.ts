import { par } from 'fearless'

export async function run(list: number[]): Promise<number> {
  await par.join(
    () => list.push(1),
    () => list.length,
  )
  return list.length
}
