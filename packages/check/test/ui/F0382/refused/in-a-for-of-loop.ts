import { move, thread } from 'fearless'

export function run(names: readonly string[], table: Map<string, number>): void {
  for (const name of names) thread.spawn(move(() => table.get(name)))
}
