import { parIter } from 'fearless'

export async function paint(w: number, h: number): Promise<number[][]> {
  const grid = Array.from({ length: h }, () => new Array<number>(w).fill(0))
  await parIter(grid.keys()).forEach(y => {
    const row = grid[y]!
    for (let x = 0; x < w; x++) row[x] = 1
  })
  return grid
}
