import { move, thread } from 'fearless'

export function run(names: string[], table: Map<string, number>): void {
  for (const name of names) {
    if (!table.has(name)) continue
    thread.spawn(move(() => table.get(name)))
    break
  }
}
