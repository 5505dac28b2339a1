import { parIter } from 'fearless'

export const sortAll = async (rows: { name: string; cells: number[] }[]): Promise<string[]> =>
  await parIter(rows)
    .map(({ name, cells }) => {
      cells.sort((a, b) => a - b)
      return name
    })
    .collect()
