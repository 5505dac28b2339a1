import { move, thread } from 'fearless'

export function run(rows: readonly (readonly number[])[], set: ReadonlySet<string>): void {
  thread.spawn(move(() => rows.length + set.size))
}
