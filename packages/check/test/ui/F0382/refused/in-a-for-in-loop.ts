import { move, thread } from 'fearless'

export function run(names: Record<string, number>, table: Set<string>): void {
  for (const name in names) thread.spawn(move(() => table.has(name)))
}
