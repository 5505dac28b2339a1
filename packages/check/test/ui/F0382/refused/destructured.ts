import { move, thread } from 'fearless'

export function run({ rows, name }: { rows: number[]; name: string }): number {
  thread.spawn(move(() => rows.length + name.length))
  console.log(name)
  return rows.length
}
