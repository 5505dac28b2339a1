import { parIter } from 'fearless'

export async function mark(grid: boolean[][]): Promise<void> {
  const set = (y: number): void => {
    grid[y]![0] = true
  }
  await parIter(grid.keys()).forEach(y => set(y))
}
