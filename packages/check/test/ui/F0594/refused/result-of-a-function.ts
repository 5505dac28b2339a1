import { parIter } from 'fearless'

const pick = (grid: number[][], y: number): number[] => grid[y] ?? []
export async function paint(grid: number[][]): Promise<void> {
  await parIter(grid.keys()).forEach(y => {
    pick(grid, y)[0] = 1
  })
}
