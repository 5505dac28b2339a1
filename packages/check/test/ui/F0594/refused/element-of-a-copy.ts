import { parIter } from 'fearless'

interface Cell {
  n: number
}
export const age = async (cells: Cell[], ids: readonly number[]): Promise<number[]> =>
  await parIter(ids)
    .map(id => {
      const own = cells.filter(cell => cell.n > 0)
      for (const cell of [...own]) cell.n += id
      own.sort((a, b) => a.n - b.n)
      return own.length
    })
    .collect()
