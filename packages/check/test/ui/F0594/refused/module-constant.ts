import { parIter } from 'fearless'

const grid = [[1], [2]]
export const run = async (): Promise<void> =>
  await parIter(grid.keys()).forEach(y => {
    const row = grid[y]!
    row[0] = 7
  })
