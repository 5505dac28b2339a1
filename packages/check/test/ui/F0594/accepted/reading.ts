import { parIter } from 'fearless'

export async function run(rows: number[], table: Map<number, string>): Promise<string[]> {
  return parIter(rows).map(row => (table.has(row) ? (table.get(row) ?? '') : [...table.values()].join())).collect()
}
